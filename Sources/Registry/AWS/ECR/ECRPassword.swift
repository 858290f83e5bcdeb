internal import Content
internal import FoundationEssentials

/// What ECR's `GetAuthorizationToken` answers: a password for its registries, and until when it holds.
///
/// Specification: Amazon ECR API Reference and Amazon ECR Public API Reference, `GetAuthorizationToken`.
struct ECRPassword: Hashable {
    let username: String
    let password: String
    /// `nil` where the answer doesn't say.
    let expires: Timestamp?

    /// Whom ECR's passwords are for.
    static let standardUsername = "AWS"
    /// The longest token, in bytes: it has to fit into a header field; ECR's have about 2.5 KiB.
    private static let longest = 32 << 10

    private struct Entry: Decodable {
        let authorizationToken: String?
        let expiresAt: Date?

        private enum CodingKeys: CodingKey {
            case authorizationToken
            case expiresAt
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            authorizationToken = try container.decodeIfPresent(String.self, forKey: .authorizationToken)
            // An expiry that can't be read is none: the token is renewed when it is refused.
            expiresAt = (try? container.decodeIfPresent(Double.self, forKey: .expiresAt))
                .flatMap { $0.map { Date(timeIntervalSince1970: $0) } }
        }
    }

    /// The private registry's answer holds a list, the public gallery's one entry.
    private struct Lists: Decodable {
        let authorizationData: [Entry]
    }

    private struct Single: Decodable {
        let authorizationData: Entry
    }

    /// `nil` where the answer holds no password that can be sent.
    init?(answer: [UInt8]) {
        // One of the two forms; what is neither holds no password.
        let entry =
            (try? JSON.decode(Lists.self, from: answer, name: ""))?.authorizationData.first
            ?? (try? JSON.decode(Single.self, from: answer, name: ""))?.authorizationData
        guard let entry, let token = entry.authorizationToken, token.utf8.count <= Self.longest,
            let data = Data(base64Encoded: token), let text = String(validating: data, as: UTF8.self),
            let colon = text.firstIndex(of: ":"), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        username = String(text[..<colon])
        password = String(text[text.index(after: colon)...])
        guard !username.isEmpty, !password.isEmpty else { return nil }
        // Beyond the year 9999 nothing is meant.
        let seconds = entry.expiresAt.map { min(max($0.timeIntervalSince1970, 0), 253_402_300_799) }
        expires = seconds.map { Timestamp(seconds: Int64($0)) }
    }
}
