/// Bytes as specifications print them.
enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// - Parameter text: Pairs of digits, with spaces and line ends between them.
    static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text.filter { $0 != " " && $0 != "\n" })
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    }
}
