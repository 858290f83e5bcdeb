/// A token of a registry's token server, and for how long it holds.
///
/// Specification: distribution, "Token Authentication Specification", "Token Response Fields".
struct BearerToken: Sendable {
    let value: String
    private let begin: ContinuousClock.Instant
    private let lifetime: Duration

    /// What holds where the server names no lifetime.
    static let standardLifetime: Duration = .seconds(60)
    /// The longest margin: enough for a request to be sent and checked, clocks that run unequally included.
    private static let longestMargin: Duration = .seconds(30)
    /// The longest token, in bytes: it has to fit into a header field, of which most servers take 8 KiB.
    private static let longest = 32 << 10

    /// - Parameter begin: when the token was asked for. The server's clock doesn't count: ours may go otherwise.
    init(value: String, lifetime: Duration, asked begin: ContinuousClock.Instant) {
        self.value = value
        self.begin = begin
        // A year is as good as forever, and can't overflow.
        self.lifetime = min(max(lifetime, .zero), .seconds(31_536_000))
    }

    private struct Document: Decodable {
        let token: String?
        let accessToken: String?
        let lifetime: Double?

        private enum CodingKeys: String, CodingKey {
            case token
            case accessToken = "access_token"
            case lifetime = "expires_in"
        }
    }

    /// Reads a token server's answer: `token`, or `access_token` as OAuth2 calls it.
    ///
    /// - Throws: `RegistryError.malformed`, naming `name`, the answer.
    init(answer: [UInt8], name: String, asked begin: ContinuousClock.Instant) throws(RegistryError) {
        let document = try JSON.decode(Document.self, from: answer, name: name)
        let values = [document.token, document.accessToken].compactMap { $0 }.filter { !$0.isEmpty }
        guard let value = values.first else { throw .malformed(name, reason: "it holds no token") }
        guard value.utf8.count <= Self.longest, value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .malformed(name, reason: "its token can't stand in a header field")
        }
        var lifetime = Self.standardLifetime
        if let seconds = document.lifetime { lifetime = .milliseconds(Int64(min(max(seconds, 0), 31_536_000) * 1000)) }
        self.init(value: value, lifetime: lifetime, asked: begin)
    }

    func hasExpired(at now: ContinuousClock.Instant) -> Bool { now >= begin + lifetime }

    /// Whether a new one is due: a quarter of the lifetime before its end, and at most half a minute.
    func isStale(at now: ContinuousClock.Instant) -> Bool {
        now >= begin + lifetime - min(lifetime / 4, Self.longestMargin)
    }
}
