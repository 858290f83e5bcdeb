/// Credentials as the agents on a machine or a node give them out, in JSON.
///
/// Specification: Amazon EC2, "Retrieve security credentials from instance metadata"; AWS SDKs and Tools Reference
/// Guide, "Container credential provider".
enum AWSCredentialsDocument {
    private struct Document: Decodable {
        let id: String?
        let secret: String?
        let token: String?

        private enum CodingKeys: String, CodingKey {
            case id = "AccessKeyId"
            case secret = "SecretAccessKey"
            case token = "Token"
        }
    }

    /// `nil` where the document holds none.
    static func read(_ bytes: [UInt8]) -> AWSCredentials? {
        // What is no such document holds none.
        guard let document = try? JSON.decode(Document.self, from: bytes, name: ""), let id = document.id,
            let secret = document.secret
        else { return nil }
        return AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: document.token)
    }
}
