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
        /// Made a piece at a time while it is sent, so that its length isn't known at the beginning.
        case pieces(any BodySource)
        /// One after the other.
        case parts([Part])
    }

    /// A part of a body.
    package enum Part: Sendable {
        case bytes([UInt8])
        /// `count` bytes of a file, beginning at `offset`.
        case file(File, offset: Int64, count: Int64)

        /// In bytes.
        package var count: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .file(_, _, let count): count
            }
        }
    }

    package var status: Status
    package var fields: Fields
    package var body: Body
    /// Whether the listener may give this answer again for the same method and target until the responder's
    /// generation changes. It does so only for requests without any field that could change the answer.
    package var isRepeatable: Bool
    /// Names the repeatable answers with a file that are the same but for `ETag`, `Last-Modified`, `Repr-Digest`,
    /// `Content-Length` and the body: never given to others. `nil` where there are none.
    package var family: UInt64?
    /// How long the answer is held back, with nothing but a timer for it.
    package var delay = Duration.zero
    /// Who asked, where it was found out; for the access log.
    package var user: String?
    /// What it came from, such as a release; for the access log.
    package var origin: String?

    package init(_ status: Status, fields: Fields = Fields(), body: Body = .none, isRepeatable: Bool = false) {
        self.status = status
        self.fields = fields
        self.body = body
        self.isRepeatable = isRepeatable
    }

    /// The length of the body, in bytes; `nil` where nobody knows it yet.
    package var contentLength: Int64? {
        switch body {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, _, let count): count
        case .pieces: nil
        case .parts(let parts): parts.reduce(0) { $0 + $1.count }
        }
    }
}

/// A body that is made while it is sent: no more of it is in memory than one piece, however slow the client is.
package protocol BodySource: AnyObject, Sendable {
    /// The next piece, at most ``BodyPiece/limit`` bytes; empty at the end. May block; never called again before it has
    /// returned, but on any thread.
    ///
    /// - Throws: where the rest can't be made; the connection is cut, as the status has been sent long before.
    func next() throws -> [UInt8]
}

/// The measure of a ``BodySource``'s pieces.
package enum BodyPiece {
    /// In bytes: a piece and its framing fit in an event loop's output beside what waits there.
    package static let limit = 128 << 10
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
    package static let unauthorized = Status(401, "Unauthorized")
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
    package static let tooManyRequests = Status(429, "Too Many Requests")
    package static let requestHeaderFieldsTooLarge = Status(431, "Request Header Fields Too Large")
    package static let internalServerError = Status(500, "Internal Server Error")
    package static let notImplemented = Status(501, "Not Implemented")
    package static let serviceUnavailable = Status(503, "Service Unavailable")
    package static let versionNotSupported = Status(505, "HTTP Version Not Supported")
}
