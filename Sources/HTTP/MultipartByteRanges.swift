/// Several parts of one representation in one body (RFC 9110 section 14.6).
package struct MultipartByteRanges: Sendable {
    /// In bytes: about what the head of a part and its boundary take.
    static let headEstimate = 128

    private let boundary: String
    private let parts: [ByteRange]
    private let contentType: String
    private let size: Int64

    /// - Parameters:
    ///   - parts: In the order in which they are sent.
    ///   - size: Of the whole representation, in bytes.
    ///   - contentType: Of the representation, which every part names.
    ///   - digest: The SHA-256 sum of the representation, in hexadecimal digits. No content can be made to hold its own
    ///     sum, so that it makes a boundary that is in none of the parts (RFC 2046 section 5.1.1).
    package init(_ parts: [ByteRange], of size: Int64, contentType: String, digest: String) {
        self.parts = parts
        self.size = size
        self.contentType = contentType
        boundary = String(digest.prefix(64))
    }

    /// The value of the answer's `Content-Type`. (Its fields have no `Content-Range`: section 15.3.7.2.)
    package var fieldValue: String { "multipart/byteranges; boundary=\(boundary)" }

    /// The body, whose parts are of `file`.
    package func parts<File>(of file: File) -> [Answer<File>.Part] {
        var body: [Answer<File>.Part] = []
        for (index, part) in parts.enumerated() {
            let head = """
                \(index == 0 ? "" : "\r\n")--\(boundary)\r
                Content-Type: \(contentType)\r
                Content-Range: \(part.contentRange(of: size))\r
                \r

                """
            body.append(.bytes(Array(head.utf8)))
            body.append(.file(file, offset: part.offset, count: part.count))
        }
        body.append(.bytes(Array("\r\n--\(boundary)--\r\n".utf8)))
        return body
    }
}
