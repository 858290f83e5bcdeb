internal import Content
internal import Platform

/// `oci-layout`.
struct LayoutMarker: Codable {
    var imageLayoutVersion: String
}

/// `index.json`: what other tools have put there stays when a tag is added, as far as the specification names it.
struct LayoutIndex: Codable {
    var schemaVersion = 2
    var mediaType: String?
    var manifests: [Entry]
    var annotations: [String: String]?

    struct Entry: Codable {
        var mediaType: String?
        var digest: String
        var size: Int64
        var annotations: [String: String]?
        var artifactType: String?
        var platform: JSONValue?
        var data: String?
        var urls: [String]?

        var tag: Tag? { annotations?[Annotation.referenceName].flatMap { Tag($0) } }

        func descriptor(in name: String) throws(RegistryError) -> Descriptor {
            guard let digest = Digest(digest), size >= 0 else {
                throw .malformed(name, reason: "an entry has no sha256 digest or no size")
            }
            return Descriptor(mediaType: mediaType ?? "", digest: digest, size: size, annotations: annotations ?? [:])
        }
    }
}

/// An index with its entries by what they are asked for.
struct KnownIndex: Sendable {
    /// Of its bytes.
    let sum: Digest
    /// Of the file that they were read from; `nil` where it was written just now, and might be again unseen.
    var identity: FileIdentity?
    let index: LayoutIndex
    /// Of two entries of one name the later one is what was pushed last.
    let byTag: [Tag: LayoutIndex.Entry]
    let byDigest: [String: LayoutIndex.Entry]

    init(_ index: LayoutIndex, sum: Digest, identity: FileIdentity?) {
        self.sum = sum
        self.identity = identity
        self.index = index
        let tagged = index.manifests.compactMap { entry in entry.tag.map { ($0, entry) } }
        byTag = Dictionary(tagged) { _, later in later }
        byDigest = Dictionary(index.manifests.map { ($0.digest, $0) }) { first, _ in first }
    }
}

/// Any JSON, for members that are carried along unread.
indirect enum JSONValue: Codable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // A value has one kind, so each attempt that fails only says that it is not this one.
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
