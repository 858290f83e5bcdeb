import Content
import Curl
import TestSupport
import Testing

@testable import Registry

/// Credentials go to the realm that their own registry names, where that can be trusted, and nowhere else.
struct RealmTests {
    private func isTaken(_ realm: String, from registry: String) throws -> Bool {
        let origin = try #require(TransferURL(registry)).origin
        let challenge = try #require(Challenge.parse(["Bearer realm=\"\(realm)\""]).first)
        do throws(RegistryError) {
            _ = try BearerChallenge(challenge, from: origin)
            return true
        } catch {
            guard case .untrustedRealm(origin.description, _, _) = error else {
                Issue.record("\(error)")
                return false
            }
            return false
        }
    }

    @Test(arguments: [
        "https://auth.example.com/token", "https://registry.example.com/token", "https://10.0.0.7:8443/t?x=y",
        "https://[2001:db8::1]/token", "https://169.255.0.1/", "https://127.example.com/",
    ])
    func taken(realm: String) throws {
        #expect(try isTaken(realm, from: "https://registry.example.com/v2/"))
    }

    @Test(arguments: [
        "", "token", "/token", "//auth.example.com/token", "ftp://auth.example.com/", "https://u:p@auth.example.com/",
        "http://auth.example.com/token", "http://registry.example.com/token", "HTTP://registry.example.com/",
        // CVE-2026-48978: where clouds keep what a machine may do, and what else runs beside us.
        "https://169.254.169.254/latest/meta-data", "https://[fe80::1]/", "https://[fe80::1%25eth0]/",
        "https://127.0.0.1/token", "https://127.1/token", "https://0x7f000001/", "https://2130706433/",
        "https://localhost:9000/", "https://LOCALHOST./", "https://a.localhost/", "https://[::1]/", "https://[::]/",
        "https://0.0.0.0/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/", "https://[fd00:ec2::254]/", "https://2852039166/",
    ])
    func refused(realm: String) throws {
        #expect(try !isTaken(realm, from: "https://registry.example.com/v2/"))
    }

    @Test func thisMachineMayNameItself() throws {
        for registry in ["http://127.0.0.1:5000/v2/", "http://localhost:5000/v2/", "http://[::1]:5000/v2/"] {
            for realm in ["http://127.0.0.1:5001/token", "http://localhost/token", "https://[::1]/token"] {
                #expect(try isTaken(realm, from: registry), "\(realm) from \(registry)")
            }
            #expect(try !isTaken("http://169.254.169.254/", from: registry))
        }
        #expect(try isTaken("https://169.254.1.1:8443/token", from: "https://169.254.1.1/v2/"))
        #expect(try isTaken("http://auth.example.com/token", from: "http://registry.example.com/v2/"))
        #expect(try !isTaken("http://127.0.0.1/token", from: "http://registry.example.com/v2/"))
    }

    @Test func aRefusedRealmIsNotAsked() throws {
        let registry = try TokenRegistry { $0.realm = "http://169.254.169.254/latest" }
        let client = try Fixture.client(registry.server) { $0.credentials = .basic(username: "u", password: "p") }
        let error = #expect(throws: RegistryError.self) { _ = try client.tags(before: Fixture.deadline) }
        #expect(error?.description.contains("169.254.169.254") == true)
        #expect(registry.server.requests.count == 1)
    }

    /// CVE-2020-15157, GHSA-vh4v-2xq2-g5cg.
    @Test func storageIsShownNothingAndCanNotAskForAnything() throws {
        let realm = try ScriptedServer([.http(200, text: #"{"token":"stolen"}"#)])
        let storage = try ScriptedServer { _ in
            .http(401, ["WWW-Authenticate: Bearer realm=\"http://\(realm.host)/token\""])
        }
        let registry = try TokenRegistry {
            $0.override = { request in
                guard request.target.contains("/blobs/"), request["Authorization"]?.hasPrefix("Bearer ") == true else {
                    return nil
                }
                return .http(307, ["Location: http://\(storage.host)/blob"])
            }
        }
        let client = try Fixture.client(registry.server) { $0.credentials = .basic(username: "u", password: "p") }
        let blob = try Fixture.descriptor([1, 2, 3])
        let error = #expect(throws: RegistryError.self) {
            try client.blob(blob, from: 0, before: Fixture.deadline) { _ in }
        }
        guard case .storageRefuses(storage.host, 401, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(storage.requests.map { $0["Authorization"] } == [nil])
        #expect(realm.requests.isEmpty)
    }

    @Test func aTokenServerMovesOnlyWithinItself() throws {
        let other = try ScriptedServer([.http(200, text: #"{"token":"t1"}"#)])
        let registry = try TokenRegistry {
            $0.override = { request in
                request.target.hasPrefix("/token?") ? .http(307, ["Location: http://\(other.host)/token"]) : nil
            }
        }
        let client = try Fixture.client(registry.server) { $0.credentials = .basic(username: "u", password: "p") }
        let error = #expect(throws: RegistryError.self) { _ = try client.tags(before: Fixture.deadline) }
        guard case .unexpectedStatus(_, 307, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(other.requests.isEmpty)
        registry.change {
            $0.override = { $0.target.hasPrefix("/token?") ? .http(301, ["Location: /token/there"]) : nil }
        }
        _ = try client.tags(before: Fixture.deadline)
        #expect(registry.tokenRequests.last?["Authorization"]?.hasPrefix("Basic ") == true)
        registry.change { $0.override = { $0.target.hasPrefix("/token") ? .http(301, ["Location: /token"]) : nil } }
        let fresh = try Fixture.client(registry.server)
        #expect(throws: RegistryError.self) { _ = try fresh.tags(before: Fixture.deadline) }
        #expect(registry.tokenRequests.count < 12)
    }

    /// A password for one registry is not another's, and a realm gets no other registry's token.
    @Test func passwordsGoToTheRealmAndTokensToTheRegistry() throws {
        let realm = try ScriptedServer { _ in .http(200, text: #"{"token":"t1"}"#) }
        let registry = try TokenRegistry { $0.realm = "http://\(realm.host)/token" }
        let client = try Fixture.client(registry.server) { $0.credentials = .basic(username: "u", password: "p") }
        _ = try client.tags(before: Fixture.deadline)
        #expect(realm.requests.map { $0["Authorization"]?.prefix(6) } == ["Basic "])
        #expect(registry.server.requests.map { $0["Authorization"]?.prefix(7) } == ["Basic d", "Bearer "])
    }
}
