/// An access key of AWS: what requests are signed with.
struct AWSCredentials: Hashable, Sendable {
    let accessKeyID: String
    let secretAccessKey: String
    /// Goes along with keys that hold for a time only.
    let sessionToken: String?

    /// The longest of the three, in bytes: session tokens have about 1 KiB, and have to fit into a header field.
    private static let longest = 16 << 10

    /// `nil` where one of them can't stand in a header field.
    init?(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        let sessionToken = sessionToken.flatMap { $0.isEmpty ? nil : $0 }
        for text in [accessKeyID, secretAccessKey, sessionToken ?? "-"] {
            guard !text.isEmpty, text.utf8.count <= Self.longest, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else { return nil }
        }
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }
}

extension AWSCredentials: CustomStringConvertible {
    /// Never shows the secrets.
    var description: String { "access key \(accessKeyID)" }
}

/// Where credentials for AWS may come from: what a look there came to.
enum AWSFinding {
    case credentials(AWSCredentials)
    /// Nothing is there, and why that is so, for people.
    case nothing(String)
}
