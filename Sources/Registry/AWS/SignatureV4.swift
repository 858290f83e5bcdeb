internal import Content
internal import Curl
internal import OpenSSL

/// Signs requests to AWS.
///
/// Specification: AWS, "Signature Version 4 signing process". Requests here have neither query nor repeated fields.
struct SignatureV4: Sendable {
    let credentials: AWSCredentials
    let region: AWSRegion
    let service: String

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// The fields that go along with a request, so that it counts as these credentials'.
    ///
    /// - Parameters:
    ///   - fields: those that the request has otherwise; they are signed, too.
    ///   - date: now; AWS takes a signature for some minutes.
    /// - Returns: `fields`, `X-Amz-Date`, `X-Amz-Security-Token` where there is one, and `Authorization`.
    func sign(
        _ method: TransferRequest.Method,
        _ url: TransferURL,
        fields: [(name: String, value: String)],
        body: [UInt8],
        at date: Timestamp
    ) throws(OpenSSLError) -> [(name: String, value: String)] {
        let time = Self.basicFormat(date)
        var fields = fields
        fields.append(("X-Amz-Date", time))
        if let token = credentials.sessionToken { fields.append(("X-Amz-Security-Token", token)) }
        let canonical = ([(name: "host", value: Self.host(of: url))] + fields)
            .map { (name: $0.name.lowercased(), value: Self.withoutSpareBlanks($0.value)) }
            .sorted { $0.name < $1.name }
        let names = canonical.map(\.name).joined(separator: ";")
        let request = [
            method.rawValue, Self.encodedPath(of: url), "",
            canonical.map { "\($0.name):\($0.value)\n" }.joined(), names, try Self.sum(of: body),
        ].joined(separator: "\n")
        let scope = "\(time.prefix(8))/\(region)/\(service)/aws4_request"
        let text = [Self.algorithm, time, scope, try Self.sum(of: Array(request.utf8))].joined(separator: "\n")
        let signature = Self.hex(try HMACSHA256.sum(of: Array(text.utf8), key: try key(for: String(time.prefix(8)))))
        let value =
            "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(names), "
            + "Signature=\(signature)"
        return fields + [("Authorization", value)]
    }

    /// What is signed with on one day, `YYYYMMDD`.
    func key(for day: String) throws(OpenSSLError) -> [UInt8] {
        var key = Array("AWS4\(credentials.secretAccessKey)".utf8)
        for part in [day, region.name, service, "aws4_request"] {
            key = try HMACSHA256.sum(of: Array(part.utf8), key: key)
        }
        return key
    }

    /// `20150830T123600Z` (ISO 8601, basic format).
    private static func basicFormat(_ date: Timestamp) -> String {
        date.rfc3339.filter { $0 != "-" && $0 != ":" }
    }

    /// As libcurl writes it into the request: without the scheme's usual port.
    private static func host(of url: TransferURL) -> String {
        let usual: UInt16 = url.origin.scheme == "https" ? 443 : 80
        return url.origin.port == usual ? url.origin.host : url.origin.description
    }

    /// The path, each of its bytes but RFC 3986's unreserved ones and `/` encoded once more, as S3 alone does without.
    private static func encodedPath(of url: TransferURL) -> String {
        let rest = url.description.drop { $0 != ":" }.dropFirst("://".count)
        let path = rest.drop { $0 != "/" && $0 != "?" }.prefix { $0 != "?" }
        return path.isEmpty ? "/" : FormText.encode(String(path), keeping: UInt8(ascii: "/"))
    }

    /// Without blanks around it, and with one in the place of several.
    private static func withoutSpareBlanks(_ text: String) -> String {
        text.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }

    private static func sum(of bytes: [UInt8]) throws(OpenSSLError) -> String {
        hex(try unsafe SHA256.sum(of: bytes.span.bytes))  // Bytes have no padding to show.
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
