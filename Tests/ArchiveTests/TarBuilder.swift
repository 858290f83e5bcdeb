/// Builds tars of every kind, also such as no honest program would write. It shares nothing with the room under test.
struct TarBuilder {
    enum Magic {
        case v7
        case ustar
        case gnu
        case other([UInt8])

        var bytes: [UInt8] {
            switch self {
            case .v7: Array(repeating: 0, count: 8)
            case .ustar: Array("ustar\u{0}00".utf8)
            case .gnu: Array("ustar  \u{0}".utf8)
            case .other(let bytes): bytes
            }
        }
    }

    private(set) var bytes: [UInt8] = []

    /// A header block with a right checksum, unless `change` is given and breaks it after that.
    mutating func header(
        _ name: [UInt8],
        type: Character = "0",
        size: Int = 0,
        sizeField: [UInt8]? = nil,
        modified: [UInt8] = Array("14723220000\u{0}".utf8),
        link: [UInt8] = [],
        prefix: [UInt8] = [],
        magic: Magic = .ustar,
        signedChecksum: Bool = false,
        change: ((inout [UInt8]) -> Void)? = nil
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ field: [UInt8], at offset: Int) {
            block.replaceSubrange(offset..<offset + field.count, with: field)
        }
        put(Array(name.prefix(100)), at: 0)
        put(Array("0004755\u{0}0001750\u{0}0001750\u{0}".utf8), at: 100)
        put(sizeField ?? Self.octal(size, digits: 11), at: 124)
        put(modified, at: 136)
        block[156] = type.asciiValue ?? 0
        put(Array(link.prefix(100)), at: 157)
        put(magic.bytes, at: 257)
        put(prefix, at: 345)
        put(Array("        ".utf8), at: 148)
        let sum = block.reduce(0) { $0 + (signedChecksum ? Int(Int8(bitPattern: $1)) : Int($1)) }
        put(Self.octal(sum, digits: 6) + [0x20], at: 148)
        change?(&block)
        bytes += block
    }

    mutating func file(_ name: String, _ content: String = "content", type: Character = "0", magic: Magic = .ustar) {
        header(Array(name.utf8), type: type, size: content.utf8.count, magic: magic)
        body(Array(content.utf8))
    }

    mutating func directory(_ name: String) {
        header(Array(name.utf8), type: "5")
    }

    mutating func symbolicLink(_ name: String, to target: String) {
        header(Array(name.utf8), type: "2", link: Array(target.utf8))
    }

    mutating func hardLink(_ name: String, to target: String) {
        header(Array(name.utf8), type: "1", link: Array(target.utf8))
    }

    /// A header of GNU's with a long name (`L`) or link name (`K`) behind it.
    mutating func long(_ type: Character, _ text: [UInt8]) {
        header(Array("././@LongLink".utf8), type: type, size: text.count, magic: .gnu)
        body(text)
    }

    mutating func long(_ type: Character, _ text: String) {
        long(type, Array(text.utf8) + [0])
    }

    /// A PAX header (`x` or `g`) with the given text for records.
    mutating func pax(raw: [UInt8], type: Character = "x") {
        header(Array("PaxHeaders/x".utf8), type: type, size: raw.count)
        body(raw)
    }

    mutating func pax(_ records: [(String, String)], type: Character = "x") {
        pax(raw: records.flatMap { Self.record($0.0, Array($0.1.utf8)) }, type: type)
    }

    /// Content, filled up to a block.
    mutating func body(_ content: [UInt8]) {
        bytes += content
        bytes += Array(repeating: 0, count: (512 - content.count % 512) % 512)
    }

    mutating func zeros(blocks: Int) {
        bytes += Array(repeating: 0, count: blocks * 512)
    }

    /// What `build` adds, and the end marker.
    static func tar(_ build: (inout TarBuilder) -> Void) -> [UInt8] {
        var builder = TarBuilder()
        build(&builder)
        builder.zeros(blocks: 2)
        return builder.bytes
    }

    /// What `build` adds, without an end.
    static func part(_ build: (inout TarBuilder) -> Void) -> [UInt8] {
        var builder = TarBuilder()
        build(&builder)
        return builder.bytes
    }

    /// `LENGTH KEY=VALUE\n`, the length found by trying.
    static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(key)=".utf8) + value + [0x0A]
        var length = rest.count + 1
        while String(length).utf8.count + rest.count != length { length += 1 }
        return Array(String(length).utf8) + rest
    }

    static func octal(_ value: Int, digits: Int) -> [UInt8] {
        let text = String(max(value, 0), radix: 8)
        return Array((String(repeating: "0", count: digits - text.count) + text).utf8) + [0]
    }
}
