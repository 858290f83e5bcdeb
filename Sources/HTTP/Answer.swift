/// What a responder decides: status, fields and body. The listener adds `Date`, `Content-Length` and `Connection`,
/// and leaves the body out for HEAD, 304 and 204.
///
/// Generic in the file, as this room does no I/O.
package struct Answer<File: Sendable>: Sendable {
    /// The content of an answer.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// `count` bytes of a file, beginning at `offset`.
        case file(File, offset: Int64, count: Int64)
    }

    package var status: Status
    package var fields: Fields
    package var body: Body
    /// Whether the listener may give this answer again for the same method and target until the responder's
    /// generation changes. It does so only for requests without any field that could change the answer.
    package var isRepeatable: Bool

    package init(_ status: Status, fields: Fields = Fields(), body: Body = .none, isRepeatable: Bool = false) {
        self.status = status
        self.fields = fields
        self.body = body
        self.isRepeatable = isRepeatable
    }

    /// The length of the body, in bytes.
    package var contentLength: Int64 {
        switch body {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, _, let count): count
        }
    }
}

/// A status code with its reason phrase (RFC 9110 section 15).
package struct Status: Hashable, Sendable {
    package let code: Int
    package let reason: String

    package init(_ code: Int, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    package static let ok = Status(200, "OK")
    package static let accepted = Status(202, "Accepted")
    package static let noContent = Status(204, "No Content")
    package static let partialContent = Status(206, "Partial Content")
    package static let movedPermanently = Status(301, "Moved Permanently")
    package static let notModified = Status(304, "Not Modified")
    package static let badRequest = Status(400, "Bad Request")
    package static let forbidden = Status(403, "Forbidden")
    package static let notFound = Status(404, "Not Found")
    package static let methodNotAllowed = Status(405, "Method Not Allowed")
    package static let requestTimeout = Status(408, "Request Timeout")
    package static let gone = Status(410, "Gone")
    package static let preconditionFailed = Status(412, "Precondition Failed")
    package static let contentTooLarge = Status(413, "Content Too Large")
    package static let uriTooLong = Status(414, "URI Too Long")
    package static let rangeNotSatisfiable = Status(416, "Range Not Satisfiable")
    package static let expectationFailed = Status(417, "Expectation Failed")
    package static let requestHeaderFieldsTooLarge = Status(431, "Request Header Fields Too Large")
    package static let internalServerError = Status(500, "Internal Server Error")
    package static let notImplemented = Status(501, "Not Implemented")
    package static let serviceUnavailable = Status(503, "Service Unavailable")
    package static let versionNotSupported = Status(505, "HTTP Version Not Supported")
}
