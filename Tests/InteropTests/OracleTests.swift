import Foundation
import TestSupport
import Testing

/// nginx as an oracle: the same conditions and ranges on the same file, and what each of the two makes of them.
@Suite struct OracleTests {
    /// A request, and what is peculiar about it.
    private struct Question {
        var method = "GET"
        var fields: [(name: String, value: String)] = []
        /// Of the range, where there is one.
        var kind = Kind.none

        enum Kind { case none, plain, several, malformed, overlapping, tiny, most, many, huge }

        func has(_ name: String) -> Bool { fields.contains { $0.name == name } }
        func value(_ name: String) -> String { fields.first { $0.name == name }?.value ?? "" }

        func text(tag: String) -> [UInt8] {
            let lines = fields.map { "\($0.name): \($0.value.replacing("{own}", with: tag))\r\n" }.joined()
            return Array("\(method) /file.bin HTTP/1.1\r\nHost: h\r\n\(lines)\r\n".utf8)
        }
    }

    /// Where the two differ, and why ours is what it is.
    private static let differences: [(reason: String, applies: @Sendable (Question) -> Bool)] = [
        ("ranges are for GET alone (RFC 9110 section 14.2)", { $0.method == "HEAD" && $0.kind != .none }),
        (
            "with If-Match, If-Unmodified-Since isn't looked at (section 13.2.2)",
            { $0.has("If-Match") && $0.has("If-Unmodified-Since") }
        ),
        (
            "with If-None-Match, If-Modified-Since isn't looked at (section 13.1.3)",
            { $0.has("If-None-Match") && $0.has("If-Modified-Since") }
        ),
        (
            "a date that is none is as no date (section 13.1.4)",
            { $0.value("If-Unmodified-Since").contains("yesterday") }
        ),
        ("a malformed Range is as none (section 14.2)", { $0.kind == .malformed }),
        ("overlapping parts are sent as the whole (section 14.2)", { $0.kind == .overlapping }),
        ("parts mostly of heads are sent as the whole (section 14.2)", { $0.kind == .tiny }),
        ("parts no shorter than the whole are sent as the whole (section 14.2)", { $0.kind == .most }),
        ("more than 16 parts are sent as the whole (section 17.15)", { $0.kind == .many }),
        ("a last byte beyond any number is beyond the end, too (section 14.1.2)", { $0.kind == .huge }),
    ]

    @Test func agreesWithNginxOnConditionsAndRanges() throws {
        let content = (0..<5000).map { String(10_000_000 + $0).suffix(7) + "\n" }.joined()
        let served = try ServedTree(["file.bin": Array(content.utf8)], modified: "2024-03-01 12:00:00 UTC")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_709_294_400)],
            ofItemAtPath: served.tree + "/file.bin"
        )
        let port = try ReservedPort()
        // Dates compare as RFC 9110 has it, not for equality only, which is nginx's default.
        let nginx = try Nginx(
            "if_modified_since before; server { listen \(port.host); root \(served.tree); }",
            ports: [port]
        )
        defer { withExtendedLifetime(nginx) {} }
        func connect() throws -> RawConnection { try RawConnection(port: port.number, isSecure: false) }
        func tag(_ connect: () throws -> RawConnection) throws -> String {
            let answer = try Self.ask(Question(), tag: "", connect)
            #expect(answer["Last-Modified"] == "Fri, 01 Mar 2024 12:00:00 GMT")
            return try #require(answer["ETag"])
        }
        let (ourTag, theirTag) = (try tag(served.connect), try tag(connect))

        var random = Generator(state: 20_240_301)
        var seen: [String: Int] = [:]
        var agreed: [Int: Int] = [:]
        for _ in 0..<500 {
            let question = Self.question(&random)
            let mine = try Self.ask(question, tag: ourTag, served.connect)
            let other = try Self.ask(question, tag: theirTag, connect)
            if Self.digest(mine) == Self.digest(other) {
                agreed[mine.status, default: 0] += 1
                continue
            }
            let known = Self.differences.first { $0.applies(question) }
            #expect(
                known != nil,
                "\(String(decoding: question.text(tag: "{own}"), as: UTF8.self)): \(mine.head) \(other.head)"
            )
            if let known { seen[known.reason, default: 0] += 1 }
        }
        print("agreed with nginx, by status: \(agreed); differed: \(seen)")
        // Every line of the list is needed, and the two agree on every outcome.
        #expect(Set(seen.keys) == Set(Self.differences.map(\.reason)))
        #expect(Set(agreed.keys).isSuperset(of: [200, 206, 304, 412, 416]))
        #expect(agreed.values.reduce(0, +) > 300)
    }

    /// Each question on a connection of its own, as nginx ends some that we keep.
    private static func ask(_ question: Question, tag: String, _ connect: () throws -> RawConnection) throws
        -> RawAnswer
    {
        let connection = try connect()
        try connection.send(question.text(tag: tag))
        return try connection.answer(isHead: question.method == "HEAD")
    }

    /// What has to agree: the content of errors is each server's own.
    private static func digest(_ answer: RawAnswer) -> [String] {
        var facts = ["\(answer.status)"]
        guard [200, 206, 416].contains(answer.status) else { return facts }
        facts.append(answer["Content-Range"] ?? "")
        guard answer.status != 416 else { return facts }
        guard answer["Content-Type"]?.hasPrefix("multipart") == true else {
            return facts + [answer["Content-Length"] ?? "", String(decoding: answer.body, as: UTF8.self)]
        }
        // Boundaries differ, so do the lengths with them.
        return facts + answer.parts.flatMap { [$0.range, String(decoding: $0.content, as: UTF8.self)] }
    }

    // MARK: Questions

    /// The same questions in every run (SplitMix64).
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }

    private static let dates = [
        "Fri, 01 Mar 2024 12:00:00 GMT", "Fri, 01 Mar 2024 11:59:59 GMT", "Fri, 01 Mar 2024 12:00:01 GMT",
        "Friday, 01-Mar-24 12:00:00 GMT", "Fri Mar  1 12:00:00 2024", "yesterday",
    ]
    private static let tags = ["{own}", "\"x\"", "*", "W/{own}", "\"x\", {own}", "\"x\", \"y\""]

    private static func question(_ random: inout Generator) -> Question {
        var question = Question()
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        func pick(_ list: [String]) -> String { list[Int.random(in: 0..<list.count, using: &random)] }
        if chance(15) { question.method = "HEAD" }
        if chance(20) { question.fields.append(("If-Match", pick(tags))) }
        if chance(25) { question.fields.append(("If-None-Match", pick(tags))) }
        if chance(25) { question.fields.append(("If-Modified-Since", pick(dates))) }
        if chance(25) { question.fields.append(("If-Unmodified-Since", pick(dates))) }
        if chance(65) {
            let (value, kind) = range(&random)
            question.kind = kind
            question.fields.append(("Range", value))
            if chance(30) { question.fields.append(("If-Range", pick(dates + ["{own}", "\"x\"", "W/{own}"]))) }
        }
        return question
    }

    private static func range(_ random: inout Generator) -> (String, Question.Kind) {
        let first = Int.random(in: 0..<39_000, using: &random)
        let count = Int.random(in: 1...5000, using: &random)
        let low = Int.random(in: 0..<9000, using: &random)
        let list: [(String, Question.Kind)] = [
            ("\(first)-\(first + count)", .plain), ("\(first)-", .plain), ("-\(count)", .plain), ("0-0", .plain),
            ("\(first)-99999", .plain), ("-99999", .plain), ("40000-", .plain), ("40000-50000", .plain), ("-0", .plain),
            (" \(first)-\(first + count) ", .plain), ("\(low)-\(low + 999),20000-24999", .several),
            ("20000-24999, \(low)-\(low + 999)", .several), ("\(low)-\(low + 500),-500,15000-15999", .several),
            ("\(low)-\(low + 500),40000-", .several), ("\(low)-\(low + 999),\(low + 500)-\(low + 1500)", .overlapping),
            ("0-0,2-2,4-4", .tiny), ("0-19999,20000-39999", .most),
            ((0..<17).map { "\($0 * 2000)-\($0 * 2000 + 499)" }.joined(separator: ","), .many),
            ("\(first + 1)-\(first)", .malformed), ("x-y", .malformed), ("0-1,x", .malformed),
            ("\(first)-99999999999999999999", .huge),
        ]
        let (value, kind) = list[Int.random(in: 0..<list.count, using: &random)]
        return ("bytes=" + value, kind)
    }
}
