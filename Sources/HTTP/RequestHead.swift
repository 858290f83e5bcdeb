/// A request's line and fields, found sound, as places in the bytes that they were parsed from.
///
/// Holds no copy of anything, so that a request can be answered without allocating. All ranges count from the first
/// byte that the parser was given.
package struct RequestHead: Hashable, Sendable {
    /// The methods that the listener tells apart without a string.
    package enum Verb: UInt8, Sendable {
        case get
        case head
        case post
        case options
        case other
    }

    /// How the body is delimited (RFC 9112 section 6.3).
    package enum Framing: Hashable, Sendable {
        case none
        /// By `Content-Length`, in bytes, never 0.
        case length(Int64)
        /// By chunks.
        case chunked
    }

    package internal(set) var verb = Verb.other
    /// The body's framing.
    package internal(set) var framing = Framing.none
    /// Whether the client speaks HTTP/1.1 (or a later 1.x), not 1.0.
    package internal(set) var isVersion11 = false
    /// Whether the connection may be kept for another request (RFC 9112 section 9.3).
    package internal(set) var keepsAlive = false
    /// Whether the client waits for `100 Continue` before it sends the body.
    package internal(set) var expectsContinue = false
    /// Whether nothing but ``verb``, ``target``, ``accept``, ``acceptEncoding`` and ``ifNoneMatch`` can change the
    /// answer: every field is one of those three, at most once, or `Host`, `User-Agent` or a plain `Connection`; or
    /// `If-Modified-Since` beside `If-None-Match`, where it means nothing (RFC 9110 section 13.1.3).
    package internal(set) var isPlain = true

    var methodPlace = Place()
    var targetPlace = Place()
    var pathPlace = Place()
    var queryPlace: Place?
    var fieldsPlace = Place()
    var acceptPlace = Place()
    var acceptEncodingPlace = Place()
    var ifNoneMatchPlace = Place()

    package var method: Range<Int> { methodPlace.range }
    /// The whole target as it was sent.
    package var target: Range<Int> { targetPlace.range }
    /// The target's path; empty where an absolute-form target has none, which means `/`.
    package var path: Range<Int> { pathPlace.range }
    /// What follows `?`, where there is one.
    package var query: Range<Int>? { queryPlace?.range }
    /// The field lines, without the empty line.
    package var fields: Range<Int> { fieldsPlace.range }
    /// The value of the one `Accept` field; empty where there is none.
    package var accept: Range<Int> { acceptPlace.range }
    /// The value of the one `Accept-Encoding` field; empty where there is none.
    package var acceptEncoding: Range<Int> { acceptEncodingPlace.range }
    /// The value of the one `If-None-Match` field; empty where there is none.
    package var ifNoneMatch: Range<Int> { ifNoneMatchPlace.range }
    /// How many bytes the head takes, its empty line included.
    package var count: Int { fieldsPlace.range.upperBound + 2 }

    /// Copies the request out of the bytes it was parsed from.
    package func request(from bytes: Span<UInt8>, body: [UInt8], peer: Peer) -> Request {
        let path = Self.copy(bytes, self.path)
        return Request(
            method: methodName(in: bytes),
            path: path.isEmpty ? [UInt8(ascii: verb == .options ? "*" : "/")] : path,
            query: query.map { Self.copy(bytes, $0) },
            fields: fieldLines(in: bytes),
            body: body,
            peer: peer
        )
    }

    /// The value of the first `User-Agent`, cut off at `limit` bytes; empty where there is none.
    package func userAgent(in bytes: Span<UInt8>, limit: Int) -> String {
        var start = fields.lowerBound
        while start < fields.upperBound {
            var colon = start
            while bytes[colon] != UInt8(ascii: ":") { colon += 1 }
            var end = colon + 1
            while bytes[end] != UInt8(ascii: "\r") { end += 1 }
            if colon - start == 10, Characters.matches(bytes, start..<colon, "user-agent") {
                let value = RequestParser.trimmed(bytes, colon + 1..<end)
                let text = Self.copy(bytes, value.lowerBound..<min(value.upperBound, value.lowerBound + limit))
                return String(decoding: text, as: UTF8.self)
            }
            start = end + 2
        }
        return ""
    }

    private func methodName(in bytes: Span<UInt8>) -> Method {
        switch verb {
        case .get: .get
        case .head: .head
        case .post: .post
        case .options: .options
        case .other: .other(String(decoding: Self.copy(bytes, method), as: UTF8.self))
        }
    }

    /// The parser has found every line to be `name ":" OWS value OWS CRLF`.
    private func fieldLines(in bytes: Span<UInt8>) -> Fields {
        var lines = Fields()
        var start = fields.lowerBound
        while start < fields.upperBound {
            var colon = start
            while bytes[colon] != UInt8(ascii: ":") { colon += 1 }
            var end = colon + 1
            while bytes[end] != UInt8(ascii: "\r") { end += 1 }
            let value = RequestParser.trimmed(bytes, colon + 1..<end)
            lines.append(
                String(decoding: Self.copy(bytes, start..<colon), as: UTF8.self),
                String(decoding: Self.copy(bytes, value), as: UTF8.self)
            )
            start = end + 2
        }
        return lines
    }

    private static func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(range.count)
        for index in range { copy.append(bytes[index]) }
        return copy
    }
}

/// A range of a head in four bytes instead of sixteen, as a parser's state is copied for every request.
struct Place: Hashable, Sendable {
    private var start: UInt16 = 0
    private var end: UInt16 = 0

    init() {}

    /// A head is at most ``RequestParser/headLimit`` bytes long, so nothing is cut off.
    init(_ range: Range<Int>) {
        start = UInt16(clamping: range.lowerBound)
        end = UInt16(clamping: range.upperBound)
    }

    var range: Range<Int> { Int(start)..<max(Int(start), Int(end)) }
}
