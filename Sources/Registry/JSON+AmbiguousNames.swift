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
        /// Whether it is an object, and the text stands where a name has to be.
        var wantsName: Bool
        let isObject: Bool
        /// Whether its names are of anybody's choice, so that those that differ by capitals are two.
        let isFree: Bool
        var names: Set<String> = []
    }

    /// The members whose own members have names of anybody's choice (OCI image specification, "Annotations"; of what cosign
    /// signs, "optional").
    private static let free: Set<String> = ["annotations", "optional"]
    /// The others that matter, by how they are compared where capitals don't count.
    private static let known: [String: String] = Dictionary(
        uniqueKeysWithValues: [
            "schemaVersion", "mediaType", "artifactType", "config", "layers", "blobs", "manifests", "subject",
            "annotations", "digest", "size", "urls", "data", "critical", "optional", "identity", "image", "type",
            "docker-manifest-digest",
        ].map { (folded($0), $0) }
    )

    private var open: [Container] = []
    /// The name that was read last, whose value comes next.
    private var lastName = ""

    /// - Parameter bytes: JSON that a decoder has read whole, in UTF-8.
    mutating func first(in bytes: [UInt8]) -> String? {
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"):
                let isFree = open.last?.isObject == true && Self.free.contains(lastName)
                open.append(Container(wantsName: true, isObject: true, isFree: isFree))
            case UInt8(ascii: "["):
                open.append(Container(wantsName: false, isObject: false, isFree: false))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                _ = open.popLast()
            case UInt8(ascii: ","):
                if let last = open.indices.last { open[last].wantsName = open[last].isObject }
            case UInt8(ascii: "\""):
                let start = index
                index = Self.end(of: bytes, from: start)
                if let last = open.indices.last, open[last].wantsName {
                    open[last].wantsName = false
                    lastName = Self.text(bytes[start..<index])
                    let key = open[last].isFree ? lastName : Self.folded(lastName)
                    let isKnown = open[last].isFree || Self.known[key].map { $0 == lastName } ?? true
                    guard isKnown, open[last].names.insert(key).inserted else { return lastName }
                }
                continue
            default: break
            }
            index += 1
        }
        return nil
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

    /// What a string says, its escapes resolved.
    private static func text(_ literal: ArraySlice<UInt8>) -> String {
        let plain = String(decoding: literal.dropFirst().dropLast(), as: UTF8.self)
        guard literal.contains(UInt8(ascii: "\\")) else { return plain }
        return (try? JSONDecoder().decode(String.self, from: Data(literal))) ?? plain
    }
}
