import Foundation
import Glibc
import Testing

@testable import Platform

/// Whom an address belongs to, as far as shares go.
struct OriginTests {
    private static func origin(_ text: String) throws -> Origin {
        var storage = sockaddr_storage()
        if text.contains(":") {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = UInt16.random(in: 1...UInt16.max)
            try #require(inet_pton(AF_INET6, text, &address.sin6_addr) == 1)
            withUnsafeMutableBytes(of: &storage) { to in withUnsafeBytes(of: address) { to.copyMemory(from: $0) } }
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16.random(in: 1...UInt16.max)
            try #require(inet_pton(AF_INET, text, &address.sin_addr) == 1)
            withUnsafeMutableBytes(of: &storage) { to in withUnsafeBytes(of: address) { to.copyMemory(from: $0) } }
        }
        return Origin(storage)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("192.0.2.1", "::ffff:192.0.2.1"), ("2001:db8::1", "2001:db8::1"),
        // A host takes what address it likes within its /64 (RFC 8981).
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"),
    ])
    func oneClient(one: String, other: String) throws {
        #expect(try Self.origin(one) == Self.origin(other))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.2"), ("::ffff:192.0.2.1", "::ffff:192.0.2.2"), ("2001:db8::1", "2001:db8:0:1::1"),
        ("0.0.0.0", "::"), ("::1", "::ffff:127.0.0.1"),
    ])
    func twoClients(one: String, other: String) throws {
        #expect(try Self.origin(one) != Self.origin(other))
    }
}
