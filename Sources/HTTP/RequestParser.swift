/// Parses a request's head in place, as its bytes arrive.
///
/// Feed it the bytes from the request's first one on, again with more behind them as long as it needs more; it goes
/// on where it stopped, so that no byte is looked at twice however the bytes were split. Where readers in the field
/// disagree it refuses: a request that another server might frame differently is never guessed at.
///
/// Specification: RFC 9112 sections 2 to 6, RFC 9110 section 5.
package struct RequestParser: Sendable {
    /// What the bytes came to.
    package enum Result: Hashable, Sendable {
        case done(RequestHead)
        /// So far sound, not complete.
        case needMore
        /// To be answered once, and the connection closed.
        case malformed(RequestFault)
    }

    /// In bytes, for the target: longer than any path a release can hold, percent-encoded three times over.
    package static let targetLimit = 8192
    /// In bytes, for the line and all fields: four times what browsers send.
    package static let headLimit = 32_768
    /// In field lines: three times what the chattiest proxies add.
    package static let fieldLimit = 128
    /// In bytes: every registered method is shorter by half.
    package static let methodLimit = 32
    /// Empty lines before the request line, which old clients send after a body (RFC 9112 section 2.2).
    static let emptyLineLimit = 2
    private static let lineLimit = targetLimit + methodLimit + 16

    /// How many bytes were looked at.
    private var scanned = 0
    private var lineStart = 0
    private var emptyLines = 0
    private var hasRequestLine = false
    private var fieldCount = 0
    var seen = FieldsSeen()
    var head = RequestHead()

    package init() {}

    /// Goes on with `bytes`, which begin at the request's first byte.
    package mutating func parse(_ bytes: Span<UInt8>) -> Result {
        while true {
            // The limits end the search, so that the verdict is the same however the bytes were split.
            let limit = hasRequestLine ? Self.headLimit : min(Self.headLimit, lineStart + Self.lineLimit)
            let stop = min(bytes.count, limit)
            var index = Characters.firstControl(bytes, scanned..<stop)
            var byte: UInt8 = 0
            while index < stop {
                byte = bytes[index]
                if byte < 0x20 ? byte != 0x09 : byte == 0x7F { break }
                index += 1
            }
            scanned = index
            guard index < stop else {
                if index < limit { return .needMore }
                return .malformed(hasRequestLine ? .fieldsTooLarge : .targetTooLong)
            }
            // A bare LF, a NUL or another control byte: RFC 9112 section 2.2 allows to take a bare LF for a line's end,
            // which is how readers come to disagree.
            guard byte == 0x0D else { return .malformed(.controlByte) }
            guard index + 1 < limit else { return .malformed(hasRequestLine ? .fieldsTooLarge : .targetTooLong) }
            guard index + 1 < bytes.count else { return .needMore }
            guard bytes[index + 1] == 0x0A else { return .malformed(.bareCarriageReturn) }
            let line = lineStart..<index
            lineStart = index + 2
            scanned = lineStart
            if let verdict = take(bytes, line) { return verdict }
        }
    }

    /// Takes a complete line, without its CRLF; the result where the request ends with it.
    private mutating func take(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Result? {
        guard hasRequestLine else {
            if line.isEmpty {
                emptyLines += 1
                return emptyLines <= Self.emptyLineLimit ? nil : .malformed(.emptyLines)
            }
            hasRequestLine = true
            head.fieldsPlace = Place(lineStart..<lineStart)
            return takeRequestLine(bytes, line).map { .malformed($0) }
        }
        if line.isEmpty {
            return finish().map { .malformed($0) } ?? .done(head)
        }
        head.fieldsPlace = Place(head.fields.lowerBound..<lineStart)
        fieldCount += 1
        guard fieldCount <= Self.fieldLimit else { return .malformed(.tooManyFields) }
        return takeField(bytes, line).map { .malformed($0) }
    }

    /// `method SP request-target SP HTTP-version` (RFC 9112 section 3); the fault where it is no such line.
    private mutating func takeRequestLine(_ bytes: Span<UInt8>, _ line: Range<Int>) -> RequestFault? {
        var index = line.lowerBound
        while index < line.upperBound, Characters.isToken(bytes[index]) { index += 1 }
        head.methodPlace = Place(line.lowerBound..<index)
        guard !head.method.isEmpty, index < line.upperBound, bytes[index] == 0x20 else { return .requestLine }
        // RFC 9112 section 3: 501 for a method longer than any that is known.
        guard head.method.count <= Self.methodLimit else { return .methodTooLong }
        let targetStart = index + 1
        index = targetStart
        while index < line.upperBound, bytes[index] != 0x20 { index += 1 }
        head.targetPlace = Place(targetStart..<index)
        // HTTP/0.9 has no version and no answer that a later client would understand.
        guard index < line.upperBound, line.upperBound - index == 9,
            Characters.matches(bytes, index + 1, "HTTP/", foldingCase: false),
            Characters.isDigit(bytes[index + 6]), bytes[index + 7] == UInt8(ascii: "."),
            Characters.isDigit(bytes[index + 8])
        else { return head.target.count > Self.targetLimit ? .targetTooLong : .requestLine }
        guard bytes[index + 6] == UInt8(ascii: "1") else { return .version }
        // A later 1.x is answered as 1.1 (RFC 9110 section 2.5).
        head.isVersion11 = bytes[index + 8] != UInt8(ascii: "0")
        head.verb = Self.verb(bytes, head.method)
        guard head.target.count <= Self.targetLimit else { return .targetTooLong }
        return takeTarget(bytes)
    }

    /// Finds path and query of the target's four forms (RFC 9112 section 3.2).
    private mutating func takeTarget(_ bytes: Span<UInt8>) -> RequestFault? {
        let target = head.target
        guard !target.isEmpty else { return .target }
        for index in target {
            // Blanks and controls never, bytes beyond ASCII only percent-encoded, no fragment (RFC 3986).
            let byte = bytes[index]
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "#") else { return .target }
        }
        var start = target.lowerBound
        if bytes[start] == UInt8(ascii: "*") {
            // Asterisk form (section 3.2.4).
            guard target.count == 1, head.verb == .options else { return .target }
            head.pathPlace = head.targetPlace
            return nil
        }
        if bytes[start] != UInt8(ascii: "/") {
            guard let authority = Self.authority(bytes, target) else {
                // CONNECT's authority form (section 3.2.3), or no form at all.
                return Characters.matches(bytes, head.method, "CONNECT", foldingCase: false) ? .tunnel : .target
            }
            // Absolute form (section 3.2.2): whatever host it names is this one, as Host may say anything, too. User
            // information never belongs there (RFC 9110 section 4.2.4).
            guard Characters.isHost(bytes, authority), !authority.isEmpty else { return .target }
            start = authority.upperBound
        }
        var question = start
        while question < target.upperBound, bytes[question] != UInt8(ascii: "?") { question += 1 }
        head.pathPlace = Place(start..<question)
        if question < target.upperBound { head.queryPlace = Place(question + 1..<target.upperBound) }
        return nil
    }

    /// The authority of an absolute-form target; `nil` for any other form.
    private static func authority(_ bytes: Span<UInt8>, _ target: Range<Int>) -> Range<Int>? {
        let length =
            if Characters.starts(bytes, target, with: "http://") {
                7
            } else if Characters.starts(bytes, target, with: "https://") {
                8
            } else {
                0
            }
        guard length > 0 else { return nil }
        let start = target.lowerBound + length
        var end = start
        while end < target.upperBound, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?") { end += 1 }
        return start..<end
    }

    private static func verb(_ bytes: Span<UInt8>, _ method: Range<Int>) -> RequestHead.Verb {
        switch method.count {
        case 3 where Characters.matches(bytes, method, "GET", foldingCase: false): .get
        case 4 where Characters.matches(bytes, method, "HEAD", foldingCase: false): .head
        case 4 where Characters.matches(bytes, method, "POST", foldingCase: false): .post
        case 7 where Characters.matches(bytes, method, "OPTIONS", foldingCase: false): .options
        default: .other
        }
    }
}
