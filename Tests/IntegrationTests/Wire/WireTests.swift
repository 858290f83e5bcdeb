import Dispatch
import Foundation
import TestSupport
import Testing

/// The table of requests, over TLS, against the daemon.
@Suite struct WireTests {
    @Test func theTableIsLongAndEachRowIsItsOwn() {
        #expect(WireCase.all.count >= 200)
        #expect(Set(WireCase.all.map(\.request)).count > WireCase.all.count - 10)
    }

    /// Every row whole, then in two records for each place where it can be cut, then a byte a record.
    @Test func everyRequestIsAnsweredAlikeHoweverItComes() throws {
        let served = try ServedTree(WireCase.tree)
        let rows = WireCase.all
        let faults = Faults()
        DispatchQueue.concurrentPerform(iterations: 4) { worker in
            for index in stride(from: worker, to: rows.count, by: 4) {
                do {
                    try check(rows[index], served)
                } catch {
                    faults.add("\(rows[index]): \(error)")
                }
            }
        }
        #expect(faults.all == [])
        #expect(served.site.daemon.isRunning)
    }

    /// Places where a request is cut: all, but of the few long ones.
    private func cuts(_ count: Int) -> [Int] {
        count <= 1500 ? Array(1..<count) : Array(1...40) + stride(from: 41, to: count, by: count / 40)
    }

    private func check(_ row: WireCase, _ served: ServedTree) throws {
        let request = Array(row.request.utf8)
        var connection = try served.connect()
        func exchange(_ records: [ArraySlice<UInt8>], _ what: String) throws {
            do {
                for record in records { try connection.send(record) }
                // To a reader that went on after an error this would be a request of its own.
                if row.ends { try? connection.send(Array(WireCase.get("/hello.txt").utf8)) }
                let fault = try fault(in: try answer(connection, isHead: row.request.contains("HEAD ")), of: row)
                if let fault { throw RawConnection.Failure(description: fault) }
                guard row.ends else { return }
                let rest = connection.rest()
                if !rest.isEmpty {
                    throw RawConnection.Failure(description: "then: \(String(decoding: rest, as: UTF8.self))")
                }
                connection = try served.connect()
            } catch {
                throw RawConnection.Failure(description: "\(what): \(error)")
            }
        }
        try exchange([request[...]], "whole")
        for cut in cuts(request.count) { try exchange([request[..<cut], request[cut...]], "cut at \(cut)") }
        if request.count <= 1500 { try exchange(request.indices.map { request[$0...$0] }, "byte by byte") }
    }

    /// The answer behind any interim ones (RFC 9110 section 15.2).
    private func answer(_ connection: RawConnection, isHead: Bool) throws -> RawAnswer {
        while true {
            let answer = try connection.answer(isHead: isHead)
            if answer.status >= 200 { return answer }
        }
    }

    private static let protective = [
        "Strict-Transport-Security", "X-Content-Type-Options", "Content-Security-Policy", "X-Frame-Options",
        "Referrer-Policy",
    ]

    private func fault(in answer: RawAnswer, of row: WireCase) throws -> String? {
        if answer.status != row.status { return "answered \(answer.status), not \(row.status)" }
        for field in row.fields {
            let isAbsent = field.hasPrefix("!")
            let parts = field.drop { $0 == "!" }.split(separator: ":", maxSplits: 1)
            let value = answer[String(parts[0])]
            let wanted = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
            // A value may be followed by more where it ends in "=".
            let isMet = value.map { $0 == wanted || wanted.isEmpty || (wanted.hasSuffix("=") && $0.hasPrefix(wanted)) }
            if isAbsent ? value != nil : isMet != true { return "\(field) is not met by \(answer.head)" }
        }
        if let body = row.body, answer.text != body { return "the body is \(answer.text.debugDescription)" }
        if answer["Date"] == nil { return "there is no Date" }
        // Whoever it was that answered, the site or the listener by itself.
        for name in Self.protective where answer[name] == nil { return "there is no \(name) in \(answer.head)" }
        // RFC 9110 section 15.5: the client is told what is wrong; in words of ours, never in its own.
        if row.ends, row.status >= 400 {
            let reason = answer.text.wholeMatch(of: /\d{3} [A-Za-z ]+: [^\n]+\.\n/)
            if reason == nil, !row.request.contains("HEAD ") { return "no reason: \(answer.text)" }
        }
        return nil
    }
}

/// What workers found, from any thread.
private final class Faults: @unchecked Sendable {
    // Only touched under the lock.
    private let lock = NSLock()
    private var texts: [String] = []

    var all: [String] { lock.withLock { texts } }

    func add(_ text: String) { lock.withLock { texts.append(text) } }
}
