/// Why a request can't be taken as it came: answered once, and the connection closed.
///
/// Each has the status that its section asks for, and a sentence for the body of the answer (RFC 9110 section 15.5: a
/// server should say what is wrong).
package enum RequestFault: Hashable, Sendable {
    /// A NUL, a bare LF or another control byte (RFC 9112 section 2.2, RFC 9110 section 5.5).
    case controlByte
    /// A CR without LF (RFC 9112 section 2.2).
    case bareCarriageReturn
    /// More empty lines before the request than old clients send (RFC 9112 section 2.2).
    case emptyLines
    /// RFC 9112 section 3.
    case requestLine
    /// RFC 9110 section 9.1.
    case methodTooLong
    /// RFC 9112 section 3, RFC 9110 section 15.5.15.
    case targetTooLong
    /// None of the four forms, or with bytes that no URI has (RFC 9112 section 3.2).
    case target
    /// CONNECT (RFC 9110 section 9.3.6).
    case tunnel
    /// RFC 9110 section 2.5 and 15.6.6.
    case version
    /// RFC 9112 section 5, folded lines (5.2) and blanks before the colon (5.1) included.
    case fieldLine
    /// RFC 6585 section 5.
    case fieldsTooLarge
    /// RFC 6585 section 5.
    case tooManyFields
    /// RFC 9112 section 3.2.
    case hostMissing
    /// RFC 9112 section 3.2.
    case hostRepeated
    /// RFC 9112 section 3.2, RFC 3986 section 3.2.2.
    case host
    /// RFC 9112 section 6.3, point 5.
    case contentLength
    /// RFC 9112 section 6.3, points 3 and 5.
    case contentLengthRepeated
    /// RFC 9112 section 6.3, point 3.
    case lengthAndCoding
    /// RFC 9112 section 6.1.
    case codingRepeated
    /// RFC 9112 section 6.1.
    case codingUnknown
    /// RFC 9112 section 6.1.
    case codingInVersion10
    /// RFC 9110 section 10.1.1.
    case expectation
    /// RFC 9112 section 7.1.
    case chunk
    /// RFC 9110 section 15.5.14.
    case contentTooLarge
    /// RFC 9110 section 15.5.9.
    case timeout

    package var status: Status {
        switch self {
        case .controlByte, .bareCarriageReturn, .emptyLines, .requestLine, .target, .fieldLine, .hostMissing,
            .hostRepeated, .host, .contentLength, .contentLengthRepeated, .lengthAndCoding, .codingRepeated,
            .codingInVersion10, .chunk:
            .badRequest
        case .timeout: .requestTimeout
        case .contentTooLarge: .contentTooLarge
        case .targetTooLong: .uriTooLong
        case .expectation: .expectationFailed
        case .fieldsTooLarge, .tooManyFields: .requestHeaderFieldsTooLarge
        case .methodTooLong, .tunnel, .codingUnknown: .notImplemented
        case .version: .versionNotSupported
        }
    }

    /// One sentence; holds nothing of what was sent.
    package var reason: String {
        switch self {
        case .controlByte: "There is a control byte, or a line that ends in LF alone."
        case .bareCarriageReturn: "There is a CR without LF."
        case .emptyLines: "There are more empty lines before the request than \(RequestParser.emptyLineLimit)."
        case .requestLine: "The first line isn't METHOD, one blank, TARGET, one blank, HTTP/1.1."
        case .methodTooLong: "No method is longer than \(RequestParser.methodLimit) bytes."
        case .targetTooLong: "The target is longer than \(RequestParser.targetLimit) bytes."
        case .target: "The target is no path, no http or https URL, and no * of OPTIONS; or has bytes to be escaped."
        case .tunnel: "This is no proxy."
        case .version: "Only HTTP/1.1 and HTTP/1.0 are spoken here."
        case .fieldLine: "A field line isn't NAME:VALUE, begins with a blank, or has one before its colon."
        case .fieldsTooLarge: "Request line and fields are longer than \(RequestParser.headLimit) bytes."
        case .tooManyFields: "There are more than \(RequestParser.fieldLimit) field lines."
        case .hostMissing: "HTTP/1.1 requires a Host field."
        case .hostRepeated: "There is more than one Host field."
        case .host: "The Host field isn't NAME or NAME:PORT."
        case .contentLength: "Content-Length isn't a number of up to 18 digits."
        case .contentLengthRepeated: "There is more than one Content-Length."
        case .lengthAndCoding: "There are both Content-Length and Transfer-Encoding."
        case .codingRepeated: "There is more than one Transfer-Encoding."
        case .codingUnknown: "No transfer coding but chunked is known here."
        case .codingInVersion10: "HTTP/1.0 has no Transfer-Encoding."
        case .expectation: "No expectation but 100-continue is known here."
        case .chunk: "The chunks of the body are malformed, or their extensions or trailers too long."
        case .contentTooLarge: "The body is larger than anything that is asked here."
        case .timeout: "The request did not come within its time."
        }
    }
}
