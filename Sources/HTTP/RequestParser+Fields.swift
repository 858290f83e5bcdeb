/// What the fields seen so far say about the framing and the connection.
struct FieldsSeen: Hashable, Sendable {
    var contentLength: Int64?
    var hosts: UInt8 = 0
    var isChunked = false
    /// A transfer coding that we don't know, to be refused once the framing itself is known to be unambiguous.
    var hasUnknownCoding = false
    var closes = false
    var keepsAlive = false
    var expectsContinue = false
    var expectsOther = false
    var accepts: UInt8 = 0
    var acceptEncodings: UInt8 = 0
    var ifNoneMatches: UInt8 = 0
    var hasDateCondition = false
}

extension RequestParser {
    /// The longest value of `Accept`, `Accept-Encoding` and `If-None-Match`, in bytes, with which a request is still
    /// plain: it becomes part of a cache's key.
    private static let keyedValueLimit = 256

    /// `field-name ":" OWS field-value OWS` (RFC 9112 section 5); the fault where it is no such line.
    mutating func takeField(_ bytes: Span<UInt8>, _ line: Range<Int>) -> RequestFault? {
        var colon = line.lowerBound
        while colon < line.upperBound, Characters.isToken(bytes[colon]) { colon += 1 }
        // Also refuses folded lines, which begin with a blank, and blanks before the colon (sections 5.1 and 5.2).
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else {
            return .fieldLine
        }
        let name = line.lowerBound..<colon
        let value = Self.trimmed(bytes, colon + 1..<line.upperBound)
        switch name.count {
        case 4 where Characters.matches(bytes, name, "host"):
            return takeHost(bytes, value)
        case 6 where Characters.matches(bytes, name, "accept"):
            seen.accepts += 1
            head.acceptPlace = Place(value)
            if seen.accepts > 1 || value.count > Self.keyedValueLimit { head.isPlain = false }
        case 6 where Characters.matches(bytes, name, "expect"):
            head.isPlain = false
            if Characters.matches(bytes, value, "100-continue") {
                seen.expectsContinue = true
            } else {
                seen.expectsOther = true
            }
        case 10 where Characters.matches(bytes, name, "user-agent"):
            break
        case 10 where Characters.matches(bytes, name, "connection"):
            takeConnection(bytes, value)
        case 13 where Characters.matches(bytes, name, "if-none-match"):
            seen.ifNoneMatches += 1
            head.ifNoneMatchPlace = Place(value)
            if seen.ifNoneMatches > 1 || value.isEmpty || value.count > Self.keyedValueLimit { head.isPlain = false }
        case 14 where Characters.matches(bytes, name, "content-length"):
            return takeContentLength(bytes, value)
        case 15 where Characters.matches(bytes, name, "accept-encoding"):
            seen.acceptEncodings += 1
            head.acceptEncodingPlace = Place(value)
            if seen.acceptEncodings > 1 || value.count > Self.keyedValueLimit { head.isPlain = false }
        case 17 where Characters.matches(bytes, name, "if-modified-since"):
            seen.hasDateCondition = true
        case 17 where Characters.matches(bytes, name, "transfer-encoding"):
            return takeTransferEncoding(bytes, value)
        default:
            head.isPlain = false
        }
        return nil
    }

    /// Draws the conclusions at the empty line; the fault where the request can't be accepted.
    mutating func finish() -> RequestFault? {
        // RFC 9112 section 3.2: exactly one for 1.1; two were refused where the second came.
        guard seen.hosts == 1 || !head.isVersion11 else { return .hostMissing }
        if seen.isChunked || seen.hasUnknownCoding {
            // RFC 9112 sections 6.1 and 6.3: both, or any with 1.0, is an attempt at smuggling.
            guard seen.contentLength == nil else { return .lengthAndCoding }
            guard head.isVersion11 else { return .codingInVersion10 }
            guard !seen.hasUnknownCoding else { return .codingUnknown }
            head.framing = .chunked
        } else if let length = seen.contentLength, length > 0 {
            head.framing = .length(length)
        }
        if head.framing != .none || (seen.hasDateCondition && seen.ifNoneMatches == 0) { head.isPlain = false }
        if head.isVersion11 {
            // RFC 9110 section 10.1.1; of a 1.0 client the field is ignored.
            guard !seen.expectsOther else { return .expectation }
            head.expectsContinue = seen.expectsContinue && head.framing != .none
            // RFC 9112 section 9.3.
            head.keepsAlive = !seen.closes
        } else {
            head.keepsAlive = seen.keepsAlive && !seen.closes
        }
        return nil
    }

    /// `range` without blanks at its ends.
    static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }

    private mutating func takeHost(_ bytes: Span<UInt8>, _ value: Range<Int>) -> RequestFault? {
        guard seen.hosts == 0 else { return .hostRepeated }
        seen.hosts = 1
        return Characters.isHost(bytes, value) ? nil : .host
    }

    /// Digits and nothing else, once (RFC 9110 section 8.6 allows equal repetitions; nobody needs them).
    private mutating func takeContentLength(_ bytes: Span<UInt8>, _ value: Range<Int>) -> RequestFault? {
        guard seen.contentLength == nil else { return .contentLengthRepeated }
        // Eighteen digits can't overflow.
        guard !value.isEmpty, value.count <= 18 else { return .contentLength }
        var length: Int64 = 0
        for index in value {
            guard Characters.isDigit(bytes[index]) else { return .contentLength }
            length = length * 10 + Int64(bytes[index] - UInt8(ascii: "0"))
        }
        seen.contentLength = length
        return nil
    }

    /// `chunked` and nothing else, once (RFC 9112 section 6.1; no other coding is worth its risk).
    private mutating func takeTransferEncoding(_ bytes: Span<UInt8>, _ value: Range<Int>) -> RequestFault? {
        guard !seen.isChunked, !seen.hasUnknownCoding else { return .codingRepeated }
        if Characters.matches(bytes, value, "chunked") {
            seen.isChunked = true
        } else {
            seen.hasUnknownCoding = true
        }
        return nil
    }

    /// A list of options (RFC 9110 section 7.6.1).
    private mutating func takeConnection(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        var start = value.lowerBound
        while start <= value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != UInt8(ascii: ",") { end += 1 }
            let option = Self.trimmed(bytes, start..<end)
            if Characters.matches(bytes, option, "close") {
                seen.closes = true
            } else if Characters.matches(bytes, option, "keep-alive") {
                seen.keepsAlive = true
            } else if !option.isEmpty {
                head.isPlain = false
            }
            start = end + 1
        }
    }
}
