/// A JSON document of somebody else's, changed in one place: everything else keeps its order and its very spelling,
/// numbers of any size and members that we know nothing of included. Only blanks between them are ours.
///
/// Specification: RFC 8259.
indirect enum JSONTree: Hashable, Sendable {
    /// Names and texts as they stand there, quotes and escapes included.
    case object([Member])
    case array([JSONTree])
    case scalar([UInt8])

    struct Member: Hashable, Sendable {
        let name: [UInt8]
        var value: JSONTree
    }

    /// Deeper ones are refused: docker's configuration has three levels, some plugins' add two.
    private static let deepest = 32

    /// `nil` for anything but one JSON value.
    init?(_ bytes: [UInt8]) {
        var parser = Parser(bytes: bytes)
        guard let tree = parser.value(depth: 0), parser.isAtEnd else { return nil }
        self = tree
    }

    /// A string, escaped.
    static func text(_ text: String) -> JSONTree { .scalar(quoted(text)) }

    private static func quoted(_ text: String) -> [UInt8] {
        var result: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: result += Array("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            default: result.append(byte)
            }
        }
        return result + [UInt8(ascii: "\"")]
    }

    /// The member of an object, by its plain name; setting it to `nil` removes it.
    ///
    /// Names are compared as they are spelt: nobody escapes letters of a host or of `auths`.
    subscript(name: String) -> JSONTree? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.last { $0.name == Self.quoted(name) }?.value
        }
        set {
            guard case .object(var members) = self else { return }
            let name = Self.quoted(name)
            if let newValue {
                if let index = members.lastIndex(where: { $0.name == name }) {
                    members[index].value = newValue
                } else {
                    members.append(Member(name: name, value: newValue))
                }
            } else {
                members.removeAll { $0.name == name }
            }
            self = .object(members)
        }
    }

    /// The document as docker writes it: indented by tabs.
    var bytes: [UInt8] {
        var result: [UInt8] = []
        write(to: &result, depth: 0)
        return result + [UInt8(ascii: "\n")]
    }

    private func write(to result: inout [UInt8], depth: Int) {
        func line(_ depth: Int) {
            result += [UInt8(ascii: "\n")] + [UInt8](repeating: UInt8(ascii: "\t"), count: depth)
        }
        func list<Item>(_ items: [Item], _ ends: (open: Unicode.Scalar, close: Unicode.Scalar), _ write: (Item) -> Void)
        {
            result.append(UInt8(ascii: ends.open))
            for (index, item) in items.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                line(depth + 1)
                write(item)
            }
            if !items.isEmpty { line(depth) }
            result.append(UInt8(ascii: ends.close))
        }
        switch self {
        case .scalar(let text): result += text
        case .array(let items): list(items, ("[", "]")) { $0.write(to: &result, depth: depth + 1) }
        case .object(let members):
            list(members, ("{", "}")) { member in
                result += member.name + Array(": ".utf8)
                member.value.write(to: &result, depth: depth + 1)
            }
        }
    }

    private struct Parser {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool {
            mutating get {
                skipBlanks()
                return index == bytes.count
            }
        }

        private mutating func skipBlanks() {
            while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipBlanks()
            guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        mutating func value(depth: Int) -> JSONTree? {
            guard depth <= JSONTree.deepest else { return nil }
            if take("{") {
                var members: [Member] = []
                if take("}") { return .object(members) }
                repeat {
                    skipBlanks()
                    guard let name = string(), take(":"), let value = value(depth: depth + 1) else { return nil }
                    members.append(Member(name: name, value: value))
                } while take(",")
                return take("}") ? .object(members) : nil
            }
            if take("[") {
                var items: [JSONTree] = []
                if take("]") { return .array(items) }
                repeat {
                    guard let item = value(depth: depth + 1) else { return nil }
                    items.append(item)
                } while take(",")
                return take("]") ? .array(items) : nil
            }
            skipBlanks()
            return (string() ?? word()).map(JSONTree.scalar)
        }

        /// A string with its quotes; `nil` where none begins here or it doesn't end.
        private mutating func string() -> [UInt8]? {
            let start = index
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return nil }
            index += 1
            while index < bytes.count {
                let byte = bytes[index]
                index += byte == UInt8(ascii: "\\") ? 2 : 1
                if byte == UInt8(ascii: "\"") { return Array(bytes[start..<index]) }
                if byte < 0x20 { break }
            }
            index = start
            return nil
        }

        /// A number, `true`, `false` or `null`, whose form the reader of the configuration has judged.
        private mutating func word() -> [UInt8]? {
            let start = index
            while index < bytes.count, Self.isWord(bytes[index]) { index += 1 }
            return index > start ? Array(bytes[start..<index]) : nil
        }

        private static func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }
}
