/// Takes a body in chunks apart as its bytes arrive; extensions and trailers are read and dropped.
///
/// Specification: RFC 9112 section 7.1.
package struct ChunkedDecoder: Hashable, Sendable {
    /// What the bytes came to.
    package enum Progress: Hashable, Sendable {
        /// The body is complete; so many bytes of those given belong to it.
        case done(consumed: Int)
        /// All bytes were taken, and more have to come.
        case needMore
        /// The framing is broken: answer 400 and close.
        case malformed
        /// The body is longer than the limit: answer 413 and close.
        case tooLarge
    }

    /// In bytes, over all chunks: extensions have no use, and must not go on without end (CVE-2023-39326).
    package static let extensionLimit = 1024
    /// In bytes, for all trailer fields.
    package static let trailerLimit = 8192
    /// In hexadecimal digits of a chunk's size: the limit on the body is far below.
    private static let sizeDigitLimit = 8

    private enum State: Hashable {
        case size(digits: Int)
        case extensions
        case sizeEnd
        case data
        case dataReturn
        case dataEnd
        case trailer(isEmpty: Bool)
        case trailerEnd(isEmpty: Bool)
    }

    private var state = State.size(digits: 0)
    /// Of the chunk being read.
    private var remaining = 0
    private var extensionBytes = 0
    private var trailerBytes = 0

    package init() {}

    /// Adds what `bytes` hold of the body to `body`, up to `limit` bytes of it altogether.
    package mutating func decode(_ bytes: Span<UInt8>, into body: inout [UInt8], limit: Int) -> Progress {
        var index = 0
        while index < bytes.count {
            if state == .data {
                let end = min(bytes.count, index + remaining)
                guard end - index <= limit - body.count else { return .tooLarge }
                remaining -= end - index
                while index < end {
                    body.append(bytes[index])
                    index += 1
                }
                if remaining == 0 { state = .dataReturn }
                continue
            }
            let byte = bytes[index]
            index += 1
            if let end = take(byte, room: limit - body.count) { return end == .needMore ? .done(consumed: index) : end }
        }
        return .needMore
    }

    /// Takes a byte of the framing; the verdict where there is one, `.needMore` standing for the end.
    private mutating func take(_ byte: UInt8, room: Int) -> Progress? {
        switch (state, byte) {
        case (.size(let digits), 0x0D) where digits > 0:
            state = .sizeEnd
        case (.size(let digits), UInt8(ascii: ";")) where digits > 0:
            state = .extensions
        case (.size(let digits), _):
            guard let value = Characters.hexDigit(byte), digits < Self.sizeDigitLimit else { return .malformed }
            remaining = remaining << 4 | Int(value)
            state = .size(digits: digits + 1)
        case (.extensions, 0x0D):
            state = .sizeEnd
        case (.extensions, _):
            extensionBytes += 1
            guard isText(byte), extensionBytes <= Self.extensionLimit else { return .malformed }
        case (.sizeEnd, 0x0A):
            guard remaining <= room else { return .tooLarge }
            state = remaining == 0 ? .trailer(isEmpty: true) : .data
        case (.dataReturn, 0x0D):
            state = .dataEnd
        case (.dataEnd, 0x0A):
            state = .size(digits: 0)
        case (.trailer(let isEmpty), 0x0D):
            state = .trailerEnd(isEmpty: isEmpty)
        case (.trailer, _):
            trailerBytes += 1
            guard isText(byte), trailerBytes <= Self.trailerLimit else { return .malformed }
            state = .trailer(isEmpty: false)
        case (.trailerEnd(let isEmpty), 0x0A):
            if isEmpty { return .needMore }
            state = .trailer(isEmpty: true)
        default:
            return .malformed
        }
        return nil
    }

    private func isText(_ byte: UInt8) -> Bool { byte >= 0x20 ? byte != 0x7F : byte == 0x09 }
}
