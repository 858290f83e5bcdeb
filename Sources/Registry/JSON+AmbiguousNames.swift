internal import FoundationEssentials

extension JSON {
    /// Reads what a digest or a signature vouches for, as ``decode(_:from:name:)`` does, where all readers in the field read
    /// the same.
    ///
    /// Of a name that an object has twice some readers take the first value, others the last (RFC 8259, section 4), and Go's
    /// takes `Layers` for `layers`, too: who looked at one thing would have vouched for another.
    ///
    /// - Throws: `RegistryError.malformed` for such a name, and for text that isn't UTF-8 (RFC 8259, section 8.1), too.
    static func decodeUnambiguously<Value: Decodable>(
        _ type: Value.Type,
        from bytes: [UInt8],
        name: String
    ) throws(RegistryError) -> Value {
        let value = try decode(type, from: bytes, name: name)
        // No other encoding does without, and in JSON a NUL is escaped.
        guard !bytes.contains(0) else { throw .malformed(name, reason: "it is no UTF-8") }
        var names = AmbiguousNames()
        if let ambiguous = names.first(in: bytes) {
            let cause = "it is there twice or spelt in another way"
            throw .malformed(name, reason: "readers differ in what \"\(printable(ambiguous))\" is, as \(cause)")
        }
        return value
    }
}

/// Looks for a name that an object has twice, and for one that only some readers know.
private struct AmbiguousNames {
    /// What is open around a place in the text.
    private struct Container {
        let isObject: Bool
        /// Whether its names are the specification's, which Go's reader knows in any capitals; else they are anybody's.
        let isKnown: Bool
        /// Whether the text stands where a name has to be.
        var wantsName: Bool
        /// The name that was read last, whose value comes next; an array's own.
        var name = ""
        var names: Set<String> = []

        /// Whether what stands here under the last name is known, too.
        var leadsToKnown: Bool { isKnown && AmbiguousNames.structure.contains(name) }
    }

    /// The members that hold others which matter (OCI image specification, "Image Manifest", "Image Index", "Descriptor"; of
    /// what cosign signs, "critical").
    private static let structure: Set<String> = [
        "config", "layers", "blobs", "manifests", "subject", "critical", "identity", "image",
    ]
    /// These and the others that matter, by how they are compared where capitals don't count.
    private static let known: [String: String] = {
        let others = [
            "schemaVersion", "mediaType", "artifactType", "annotations", "digest", "size", "urls", "data", "optional",
            "type", "docker-manifest-digest",
        ]
        return Dictionary(uniqueKeysWithValues: structure.union(others).map { (folded($0), $0) })
    }()

    private var open: [Container] = []

    /// - Parameter bytes: JSON that a decoder has read whole, in UTF-8.
    mutating func first(in bytes: [UInt8]) -> String? {
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"): enter(isObject: true)
            case UInt8(ascii: "["): enter(isObject: false)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = open.popLast()
            case UInt8(ascii: ","):
                if let last = open.indices.last { open[last].wantsName = open[last].isObject }
            case UInt8(ascii: "\""):
                let start = index
                index = Self.end(of: bytes, from: start)
                if let last = open.indices.last, open[last].wantsName {
                    let name = Self.text(bytes[start + 1..<max(start + 1, index - 1)])
                    guard take(name, in: last) else { return name }
                }
                continue
            default: break
            }
            index += 1
        }
        return nil
    }

    private mutating func enter(isObject: Bool) {
        let parent = open.last
        var container = Container(isObject: isObject, isKnown: parent?.leadsToKnown ?? true, wantsName: isObject)
        // The elements of an array are what its name says.
        if !isObject { container.name = parent?.name ?? "" }
        open.append(container)
    }

    /// Whether `name` means the same to all readers.
    private mutating func take(_ name: String, in place: Int) -> Bool {
        open[place].wantsName = false
        open[place].name = name
        guard open[place].isKnown else { return open[place].names.insert(name).inserted }
        let key = Self.folded(name)
        if let spelling = Self.known[key], spelling != name { return false }
        return open[place].names.insert(key).inserted
    }

    /// Two names are the same for Go's reader where this is, which folds as Unicode does: a long s is an s, too.
    private static func folded(_ name: String) -> String { name.uppercased().lowercased() }

    /// Where the string ends that begins at `start`, its quotes included.
    private static func end(of bytes: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, bytes.count)
    }

    /// What a string says, without its quotes, its escapes resolved (RFC 8259, section 7).
    private static func text(_ literal: ArraySlice<UInt8>) -> String {
        guard literal.contains(UInt8(ascii: "\\")) else { return String(decoding: literal, as: UTF8.self) }
        var units: [UInt16] = []
        var rest = String(decoding: literal, as: UTF8.self).utf16[...]
        while let unit = rest.popFirst() {
            guard unit == UInt16(UInt8(ascii: "\\")), let escape = rest.popFirst() else {
                units.append(unit)
                continue
            }
            switch escape {
            case UInt16(UInt8(ascii: "u")):
                units.append(UInt16(String(rest.prefix(4)) ?? "", radix: 16) ?? 0xFFFD)
                rest = rest.dropFirst(4)
            case UInt16(UInt8(ascii: "b")): units.append(0x08)
            case UInt16(UInt8(ascii: "f")): units.append(0x0C)
            case UInt16(UInt8(ascii: "n")): units.append(0x0A)
            case UInt16(UInt8(ascii: "r")): units.append(0x0D)
            case UInt16(UInt8(ascii: "t")): units.append(0x09)
            default: units.append(escape)
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}
