internal import Content
internal import YAML

/// Reads one YAML file: whether it parses, and what it refers to.
///
/// Beside the grammar it looks for what Go's and other readers refuse: an alias without an anchor, a key that a mapping
/// has twice, nesting or aliases without measure. Nothing is expanded.
package struct YAMLFile {
    /// The largest file that is parsed, in bytes: manifests take a few KiB, and one scalar as long as the file takes
    /// some three times as much memory.
    package static let largest: Int64 = 4 << 20
    /// The deepest nesting, in levels: far more than people write, far less than exhausts a reader that recurses.
    static let deepest = 256
    /// The most nodes of a file with its aliases expanded, against bombs ("billion laughs"): a few times as many as a
    /// file of ``largest`` bytes can spell out.
    static let mostNodes = 10_000_000

    /// A path that a key such as `filepath` gives.
    package struct Reference: Hashable, Sendable {
        /// As it stands in the file, absolute.
        package let path: [UInt8]
        /// From 1.
        package let line: Int
    }

    /// Why the file is none that can be read; `nil` where it is fine.
    package private(set) var fault: String?
    /// In the order of the file; empty where they were not asked for.
    package private(set) var references: [Reference] = []

    /// - Parameter collectsReferences: whether the values of ``isReferenceKey(_:)`` are wanted.
    package init(_ bytes: RawSpan, collectsReferences: Bool) {
        var walk = YAMLWalk(collectsReferences: collectsReferences)
        do {
            try YAMLEvents.read(bytes) { event, text, anchor, line in
                try walk.take(event, text, anchor: anchor, line: line)
            }
        } catch {
            fault = "\(error)"
        }
        references = walk.references
    }

    /// Whether a key's value is the path of a file: `filepath`, `patchVersionsFilepath` and others that end so.
    static func isReferenceKey(_ key: RawSpan) -> Bool {
        let suffix: StaticString = "filepath"
        let start = key.byteCount - suffix.utf8CodeUnitCount
        guard start >= 0 else { return false }
        var offset = start
        for byte in suffix.description.utf8 {
            // Letters differ from their capitals in this bit alone. The load is bounds-checked.
            guard unsafe key.unsafeLoad(fromByteOffset: offset, as: UInt8.self) | 0x20 == byte else { return false }
            offset += 1
        }
        return true
    }
}

/// What is wrong with a file whose grammar is right.
struct YAMLFault: Error, CustomStringConvertible {
    let line: Int
    let reason: String

    var description: String { "line \(line): \(reason)" }
}
