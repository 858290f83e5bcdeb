/// What an answer of AWS says that is no success.
///
/// Specification: AWS JSON 1.1 and query protocols, "Operation error serialization".
struct AWSFault: Hashable {
    let status: Int
    /// `AccessDeniedException`; empty where there is none.
    let code: String
    let message: String

    private struct Document: Decodable {
        let type: String?
        let code: String?
        let message: String?
        let capitalMessage: String?

        private enum CodingKeys: String, CodingKey {
            case type = "__type"
            case code
            case message
            case capitalMessage = "Message"
        }
    }

    init(_ body: [UInt8], status: Int) {
        self.status = status
        // What is no error document is told by its status alone.
        if let document = try? JSON.decode(Document.self, from: body, name: "") {
            // `com.amazonaws.ecr#AccessDeniedException`, at times with a URL behind a colon.
            let type = document.type ?? document.code ?? ""
            code = String(type.split(separator: "#").last?.prefix { $0 != ":" } ?? "")
            message = document.message ?? document.capitalMessage ?? ""
        } else {
            let text = String(decoding: body, as: UTF8.self)
            let error = XMLText.content(of: "Error", in: text[...]) ?? ""
            code = XMLText.text(of: "Code", in: error) ?? ""
            message = XMLText.text(of: "Message", in: error) ?? ""
        }
    }

    /// For people: ` (AccessDeniedException: …)`.
    var detail: String {
        let text = [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
        return text.isEmpty ? "" : " (\(JSON.printable(text)))"
    }

    /// The code without what some protocols put behind it.
    private var kind: String { code.hasSuffix("Exception") ? String(code.dropLast("Exception".count)) : code }

    /// Whether trying again later can help without anyone changing anything.
    var mayPass: Bool {
        RetryPolicy.isTransient(status)
            || ["Throttling", "ThrottledException", "Throttled", "RequestLimitExceeded", "TooManyRequests"].contains(
                kind
            )
    }

    var remedy: String {
        if mayPass { return "it is tried again later" }
        return switch kind {
        case "AccessDenied", "NotAuthorized", "AuthFailure":
            "allow it to this user or role (`specman registry policy` prints what pulling needs), "
                + "and let the role's trust policy name who assumes it"
        case "UnrecognizedClient", "InvalidClientTokenId", "InvalidAccessKeyId":
            "the access key is unknown there: check source.aws.accessKeyID and the region, or make a new key"
        case "SignatureDoesNotMatch", "InvalidSignature":
            "check source.aws.secretAccessKey, and this machine's clock"
        case "RequestExpired", "RequestTimeTooSkewed": "set this machine's clock"
        case "ExpiredToken", "ExpiredTokenException", "IDPRejectedClaim", "InvalidIdentityToken":
            "the session or the service account's token is over or not meant for AWS: renew it"
        default: "check the region, the role and AWS_ENDPOINT_URL"
        }
    }
}
