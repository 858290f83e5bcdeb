import Content
import Foundation
import HTTP
import Listener
import Platform
import Serving
import Store
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// Who gets which answer on the TLS port, without a socket.
@Suite struct AccessGateTests {
    private let directory: TemporaryDirectory
    private let responder: SiteResponder

    init() throws {
        directory = try TemporaryDirectory()
        let volume = try Volume(directory: directory.path, options: .init(reserve: 0))
        let digest = try #require(Digest(bytes: [UInt8](repeating: 7, count: 32)))
        let staging = try volume.stage(tag: try #require(Tag("1.0.0")), digest: digest)
        try staging.beginFile(try ReleasePath(Array("healthy".utf8)), size: 1, modified: Timestamp(seconds: 0))
        try staging.write([UInt8(1)].span.bytes)
        try staging.endFile()
        _ = try volume.publish(staging, archives: [])
        let site = Site(
            volume: volume,
            options: SiteOptions(clock: Timestamp.current),
            status: { StatusDocument(release: nil, retained: 0) },
            actions: SiteActions(
                sync: { reply in reply(SyncReport(result: .unchanged, release: nil)) },
                activate: { _, _, reply in reply(.success(SyncReport(result: .held, release: nil))) },
                resume: { _, reply in reply(.success(SyncReport(result: .resumed, release: nil))) },
                takeIn: { _, _, _, reply in reply(SyncReport(result: .held, release: nil)) },
                verify: { _, _ in }
            )
        )
        let file = directory.appending("htpasswd")
        for (user, password) in [("admin", "secret"), ("reader", "pw")] {
            let line = try Command.run("htpasswd", ["-nbB", "-C", "4", user, password]).text
            let known = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            try (known + line).write(toFile: file, atomically: true, encoding: .utf8)
        }
        let gate = AccessGate(try Htpasswd(file: file), realm: "r", administrators: ["admin"])
        responder = SiteResponder(site: site, gate: gate, isSecure: true, log: nil)
    }

    private func answer(_ target: String, _ user: String? = nil, method: HTTP.Method = .get) throws -> Answer<
        SharedFile
    > {
        var fields = Fields()
        if let user { fields.append("Authorization", "Basic " + Data(user.utf8).base64EncodedString()) }
        let request = Request(
            method: method,
            path: Array(target.utf8),
            fields: fields,
            peer: .network(address: "192.0.2.1")
        )
        let reply = Reply()
        responder.answer(to: request, reply: reply.set)
        return try reply.wait()
    }

    @Test func onlyHealthIsOpen() throws {
        #expect(try answer("/health").status == .ok)
        for target in ["/healthy", "/health/", "/healthz", "/", "/-/status", "/v1/_catalog", "/-/sync"] {
            #expect(try answer(target).status == .unauthorized, "\(target)")
        }
    }

    /// Without it the loops would keep what one client was given, and give it to another.
    @Test func whatIsBehindAPasswordIsNeverRepeatable() throws {
        let answer = try answer("/healthy", "reader:pw")
        #expect(answer.status == .ok)
        #expect(!answer.isRepeatable)
        #expect(answer.user == "reader")
        // The same from the socket, where there is no gate, may be repeated.
        let open = SiteResponder(site: responder.site, gate: nil, isSecure: false, log: nil)
        let reply = Reply()
        open.answer(to: Request(method: .get, path: Array("/healthy".utf8)), reply: reply.set)
        #expect(try reply.wait().isRepeatable)
    }

    @Test func aWrongPasswordIsAnsweredLate() throws {
        for user in ["reader:guess", "nobody:pw", "reader:"] {
            let answer = try answer("/healthy", user)
            #expect(answer.status == .unauthorized)
            #expect(answer.delay == PasswordVerifier.penalty)
        }
        #expect(try answer("/healthy", "reader:pw").delay == .zero)
    }

    @Test func onlyAdministratorsChangeThings() throws {
        #expect(try answer("/-/sync", "reader:pw", method: .post).status == .forbidden)
        #expect(try answer("/-/sync", "admin:secret", method: .post).status == .ok)
    }

    /// What was replied, from any thread.
    private final class Reply: Sendable {
        private let answer = Mutex<Answer<SharedFile>?>(nil)
        private let came = DispatchSemaphore(value: 0)

        @Sendable func set(_ answer: Answer<SharedFile>) {
            self.answer.withLock { $0 = answer }
            came.signal()
        }

        func wait() throws -> Answer<SharedFile> {
            try #require(came.wait(timeout: .now() + 60) == .success)
            return try #require(answer.withLock { $0 })
        }
    }
}
