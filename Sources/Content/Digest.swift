/// The SHA-256 digest of some bytes, in the form the OCI image specification gives it: `sha256:` and 64 hex digits.
///
/// No other algorithm is accepted: what can't be verified is refused, and every registry in the field uses SHA-256.
/// Specification: OCI image-spec `descriptor.md`, "Digests".
package struct Digest: Hashable, Sendable, BitwiseCopyable {
    /// The length of a digest, in bytes.
    package static let byteCount = 32

    private let a: UInt64
    private let b: UInt64
    private let c: UInt64
    private let d: UInt64

    /// Takes the 32 bytes of a SHA-256 sum; `nil` for any other count.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for (index, byte) in bytes.enumerated() {
            switch index >> 3 {
            case 0: words.0 = words.0 << 8 | UInt64(byte)
            case 1: words.1 = words.1 << 8 | UInt64(byte)
            case 2: words.2 = words.2 << 8 | UInt64(byte)
            default: words.3 = words.3 << 8 | UInt64(byte)
            }
        }
        (a, b, c, d) = words
    }

    /// Takes the 32 bytes of a SHA-256 sum; `nil` for any other count.
    ///
    /// The same as the generic one, which other modules can't specialise: this runs for each file.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        func word(_ start: Int) -> UInt64 {
            var word: UInt64 = 0
            for index in start..<start + 8 { word = word << 8 | UInt64(bytes[index]) }
            return word
        }
        (a, b, c, d) = (word(0), word(8), word(16), word(24))
    }

    /// Takes 64 lower-case hex digits; `nil` for anything else.
    package init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count == Self.byteCount * 2 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.value(of: digits[index]), let low = Self.value(of: digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        self.init(bytes: bytes)
    }

    /// Takes `sha256:` and 64 lower-case hex digits; `nil` for another algorithm or anything malformed.
    package init?(_ text: some StringProtocol) {
        let prefix = "sha256:"
        guard text.hasPrefix(prefix) else { return nil }
        self.init(hex: text.dropFirst(prefix.count))
    }

    /// The 32 bytes of the sum.
    package var bytes: [UInt8] {
        [UInt8](capacity: Self.byteCount) { span in
            for word in [a, b, c, d] {
                for shift in stride(from: 56, through: 0, by: -8) {
                    span.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
                }
            }
        }
    }

    /// The sum as 64 lower-case hex digits.
    package var hex: String {
        let text = [UInt8](capacity: Self.byteCount * 2) { span in writeHex(to: &span) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Writes the 64 lower-case hex digits to `span`, which has room for them.
    package func writeHex(to span: inout OutputSpan<UInt8>) {
        func write(_ word: UInt64) {
            var shift: UInt64 = 64
            while shift > 0 {
                shift -= 4
                let value = UInt8(truncatingIfNeeded: word >> shift) & 15
                span.append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10)
            }
        }
        write(a)
        write(b)
        write(c)
        write(d)
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension Digest: CustomStringConvertible {
    /// `sha256:` and the hex digits.
    package var description: String { "sha256:" + hex }
}
