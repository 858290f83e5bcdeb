import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// bcrypt of "secret" and "pw" with the lowest cost.
private func line(_ user: String, _ password: String) throws -> String {
    try Command.run("htpasswd", ["-nbB", "-C", "4", user, password]).text.split(separator: "\n").first.map(String.init)
        ?? ""
}

private func htpasswd(_ lines: [String]) throws -> Htpasswd {
    try Htpasswd(Array(lines.joined(separator: "\n").utf8), file: "/etc/htpasswd")
}

struct HtpasswdTests {
    @Test func knowsTheUsersOfTheFile() throws {
        let users = try htpasswd([
            "# users", "", try line("admin", "secret") + "\r", try line("reader", "pw") + ":note",
        ])
        #expect(users.count == 2)
        #expect(users.accepts(user: Array("admin".utf8), password: Array("secret".utf8)))
        #expect(users.accepts(user: Array("reader".utf8), password: Array("pw".utf8)))
        #expect(!users.accepts(user: Array("admin".utf8), password: Array("pw".utf8)))
        #expect(!users.accepts(user: Array("nobody".utf8), password: Array("secret".utf8)))
        #expect(!users.accepts(user: [], password: []))
    }

    @Test(arguments: [
        ("admin:{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=", "line 2: SHA-1 ({SHA}) is not accepted"),
        ("admin:$apr1$atkzx27s$RhtUrgBqvGeQ9arNIuWEr/", "line 2: MD5 ($apr1$) is not accepted"),
        ("admin:secret", "line 2: a password in plain text"), ("admin", "line 2: not USER:HASH"),
        (":x", "line 2: not USER:HASH"), ("admin:$2y$05$x", "line 2: a broken hash of bcrypt"),
    ])
    func namesTheLineThatCantBeUsed(bad: String, reason: String) throws {
        let good = try line("reader", "pw")
        let error = #expect(throws: HtpasswdError.self) { try htpasswd([good, bad]) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        #expect(error?.description.contains("/etc/htpasswd") == true)
    }

    @Test func aFileWithoutUsersOrWithOneTwiceIsRefused() throws {
        #expect(throws: HtpasswdError.empty(file: "/etc/htpasswd")) { try htpasswd(["# nobody"]) }
        let twice = [try line("a", "x"), try line("a", "y")]
        #expect(throws: HtpasswdError.self) { try htpasswd(twice) }
    }
}

struct PasswordVerifierTests {
    private static func credentials(_ user: String, _ password: String) throws -> BasicCredentials {
        try #require(BasicCredentials("Basic " + Data("\(user):\(password)".utf8).base64EncodedString()))
    }

    /// Waits for the verdict.
    private static func verdict(
        _ verifier: PasswordVerifier,
        _ credentials: BasicCredentials,
        from address: String = "192.0.2.1"
    ) -> PasswordVerifier.Verdict? {
        let found = Mutex<PasswordVerifier.Verdict?>(nil)
        let done = DispatchSemaphore(value: 0)
        verifier.verify(credentials, from: address) { verdict in
            found.withLock { $0 = verdict }
            done.signal()
        }
        guard done.wait(timeout: .now() + 60) == .success else { return nil }
        return found.withLock { $0 }
    }

    @Test func tellsRightFromWrong() throws {
        let verifier = PasswordVerifier(try htpasswd([try line("admin", "secret")]))
        #expect(Self.verdict(verifier, try Self.credentials("admin", "secret")) == .right)
        #expect(Self.verdict(verifier, try Self.credentials("admin", "secret")) == .right)
        #expect(Self.verdict(verifier, try Self.credentials("admin", "other")) == .wrong)
        #expect(Self.verdict(verifier, try Self.credentials("nobody", "secret")) == .wrong)
    }

    @Test func whatWasVerifiedIsForgottenWithTheFile() throws {
        let verifier = PasswordVerifier(try htpasswd([try line("admin", "secret")]))
        #expect(Self.verdict(verifier, try Self.credentials("admin", "secret")) == .right)
        #expect(Self.verdict(verifier, try Self.credentials("admin", "new")) == .wrong)
        verifier.replace(try htpasswd([try line("admin", "new")]))
        #expect(Self.verdict(verifier, try Self.credentials("admin", "secret")) == .wrong)
        #expect(Self.verdict(verifier, try Self.credentials("admin", "new")) == .right)
    }

    @Test func oneAddressHasAFewAttemptsAndOthersTheirs() throws {
        // A cost of 12 takes long enough for all attempts to be there before the first one is done.
        let slow = try #require(
            try Command.run("htpasswd", ["-nbB", "-C", "12", "admin", "secret"]).text.split(separator: "\n").first
        )
        let verifier = PasswordVerifier(try htpasswd([String(slow)]), width: 1)
        let verdicts = Mutex<[PasswordVerifier.Verdict]>([])
        let done = DispatchSemaphore(value: 0)
        let attempts = 40
        for index in 0..<attempts {
            verifier.verify(try Self.credentials("admin", "guess\(index)"), from: "192.0.2.1") { verdict in
                verdicts.withLock { $0.append(verdict) }
                done.signal()
            }
        }
        let busy = verdicts.withLock { $0.filter { $0 == .busy }.count }
        #expect(busy == attempts - PasswordVerifier.attemptsForAddress)
        // Somebody else, at another address, gets their turn.
        #expect(Self.verdict(verifier, try Self.credentials("admin", "secret"), from: "198.51.100.7") == .right)
        for _ in 0..<attempts { #expect(done.wait(timeout: .now() + 60) == .success) }
        #expect(verdicts.withLock { $0.filter { $0 == .wrong }.count } == PasswordVerifier.attemptsForAddress)
    }

    /// However quick a wrong attempt was found out, its address may not try the next one at once.
    @Test func aWrongAttemptCountsForAWhile() throws {
        let verifier = PasswordVerifier(try htpasswd([try line("admin", "secret")]), penalty: .seconds(3600))
        for index in 0..<PasswordVerifier.attemptsForAddress {
            #expect(Self.verdict(verifier, try Self.credentials("admin", "guess\(index)")) == .wrong)
        }
        #expect(Self.verdict(verifier, try Self.credentials("admin", "another")) == .busy)
        #expect(Self.verdict(verifier, try Self.credentials("admin", "another"), from: "198.51.100.7") == .wrong)
        // A right one takes nothing.
        let right = PasswordVerifier(try htpasswd([try line("admin", "secret")]), penalty: .seconds(3600))
        for _ in 0...PasswordVerifier.attemptsForAddress {
            #expect(Self.verdict(right, try Self.credentials("admin", "secret")) == .right)
        }
    }

    /// Many addresses together can't have more work done than some seconds', and not all at once.
    @Test func attemptsOfAllAddressesAreBounded() throws {
        // The first one takes a second, in which all others come.
        let slow = try Command.run("htpasswd", ["-nbB", "-C", "14", "slow", "secret"]).text
        let users = try htpasswd([String(slow.prefix { $0 != "\n" }), try line("quick", "secret")])
        let verifier = PasswordVerifier(users, width: 1)
        let verdicts = Mutex<[PasswordVerifier.Verdict]>([])
        let done = DispatchSemaphore(value: 0)
        let attempts = 400
        let tell: PasswordVerifier.Reply = { verdict in
            verdicts.withLock { $0.append(verdict) }
            done.signal()
        }
        verifier.verify(try Self.credentials("slow", "guess"), from: "192.0.2.1", reply: tell)
        for index in 0..<attempts {
            let guess = try Self.credentials("quick", "guess\(index)")
            verifier.verify(guess, from: "192.0.2.1:\(index)", reply: tell)
        }
        for _ in 0...attempts { #expect(done.wait(timeout: .now() + 60) == .success) }
        let counts = verdicts.withLock { Dictionary(grouping: $0) { $0 }.mapValues(\.count) }
        #expect(counts[.wrong] == 257)
        #expect(counts[.busy] == attempts - 256)
    }

    /// A verdict is only as good as the file that it was found by.
    @Test func whatIsBeingComputedIsNotRememberedForAnotherFile() throws {
        let slow = try Command.run("htpasswd", ["-nbB", "-C", "12", "admin", "secret"]).text
        let verifier = PasswordVerifier(try htpasswd([String(slow.prefix { $0 != "\n" })]), width: 1)
        let done = DispatchSemaphore(value: 0)
        verifier.verify(try Self.credentials("admin", "secret"), from: "192.0.2.1") { _ in done.signal() }
        verifier.replace(try htpasswd([try line("admin", "new")]))
        #expect(done.wait(timeout: .now() + 60) == .success)
        #expect(Self.verdict(verifier, try Self.credentials("admin", "secret")) == .wrong)
    }

    /// What is remembered is told on the spot.
    @Test func onlySoMuchIsRemembered() throws {
        let verifier = PasswordVerifier(try htpasswd([try line("admin", "secret")]), mostRemembered: 2)
        func isRemembered(_ password: String) throws -> Bool {
            let told = Told()
            // On the spot is on this thread: another one could be done before this one looks.
            let caller = pthread_self()
            verifier.verify(try Self.credentials("admin", password), from: "192.0.2.1") { _ in
                if pthread_equal(pthread_self(), caller) != 0 { told.set() }
            }
            return told.value
        }
        #expect(Self.verdict(verifier, try Self.credentials("admin", "secret")) == .right)
        #expect(try isRemembered("secret"))
        for index in 0..<3 {
            #expect(Self.verdict(verifier, try Self.credentials("admin", "guess\(index)")) == .wrong)
        }
        #expect(try !isRemembered("secret"))
    }

    private final class Told: Sendable {
        private let flag = Atomic<Bool>(false)

        var value: Bool { flag.load(ordering: .sequentiallyConsistent) }

        func set() { flag.store(true, ordering: .sequentiallyConsistent) }
    }

    /// A name that isn't there is found out no sooner than one that is.
    @Test func aUserThatIsNotThereTakesAsLong() throws {
        let text = try Command.run("htpasswd", ["-nbB", "-C", "11", "admin", "secret"]).text
        let users = try htpasswd([String(text.prefix { $0 != "\n" })])
        func time(_ user: String) -> Duration {
            ContinuousClock().measure { _ = users.accepts(user: Array(user.utf8), password: Array("guess".utf8)) }
        }
        let known = (0..<3).map { _ in time("admin") }.min() ?? .zero
        let unknown = (0..<3).map { _ in time("nobody") }.min() ?? .zero
        // Without the hash it takes a ten-thousandth of that.
        #expect(unknown > known / 20)
    }

    @Test func equalAttemptsAreOne() throws {
        // Slow enough for all to be there before the first is done.
        let slow = try Command.run("htpasswd", ["-nbB", "-C", "12", "admin", "secret"]).text
        let verifier = PasswordVerifier(try htpasswd([String(slow.prefix { $0 != "\n" })]), width: 1)
        let right = Atomic<Int>(0)
        let done = DispatchSemaphore(value: 0)
        // More than one address may have: a client that opens all its connections at once has to get in.
        for _ in 0..<200 {
            verifier.verify(try Self.credentials("admin", "secret"), from: "192.0.2.1") { verdict in
                if verdict == .right { right.add(1, ordering: .relaxed) }
                done.signal()
            }
        }
        for _ in 0..<200 { #expect(done.wait(timeout: .now() + 60) == .success) }
        #expect(right.load(ordering: .relaxed) == 200)
    }

    @Test func addressesOfOneNetworkAreOneClient() {
        #expect(AddressGroup.name(of: "192.0.2.1") == "192.0.2.1")
        #expect(AddressGroup.name(of: "2001:db8::1") == AddressGroup.name(of: "2001:db8::ffff"))
        #expect(AddressGroup.name(of: "2001:db8::1") != AddressGroup.name(of: "2001:db8:0:1::1"))
    }
}

struct ExpiryWarningTests {
    @Test func warnsOnceAtEachMark() {
        var warning = ExpiryWarning()
        let day: Int64 = 86_400
        let end = 1000 * day
        func next(daysBefore days: Double) -> String? {
            warning.next(notAfter: end, now: end - Int64(days * Double(day)))
        }
        #expect(next(daysBefore: 31) == nil)
        #expect(next(daysBefore: 29.5)?.contains("expires in 29 days") == true)
        #expect(next(daysBefore: 20) == nil)
        #expect(next(daysBefore: 6)?.contains("expires in 6 days") == true)
        #expect(next(daysBefore: 2) == nil)
        #expect(next(daysBefore: 0.5)?.contains("expires in 12 hours") == true)
        #expect(next(daysBefore: 0.1) == nil)
        #expect(next(daysBefore: -1)?.contains("has expired") == true)
        #expect(next(daysBefore: -2) == nil)
    }

    @Test func oneThatIsNearlyOverIsWarnedOfOnce() {
        var warning = ExpiryWarning()
        #expect(warning.next(notAfter: 100_000, now: 50_000)?.contains("13 hours") == true)
        #expect(warning.next(notAfter: 100_000, now: 50_001) == nil)
    }
}
