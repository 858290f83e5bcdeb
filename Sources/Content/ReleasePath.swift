/// The path of a file or directory within a release: relative to its root, in bytes, already checked.
///
/// Components are never empty, `.`, `..`, and hold neither `/` nor NUL. Everything else is an ordinary byte: backslashes
/// are no separators, and names that are no UTF-8 are kept as they are. The root itself has no components.
package struct ReleasePath: Hashable, Sendable {
    /// The longest component, in bytes: Linux's `NAME_MAX`.
    package static let longestComponent = 255
    /// The longest path, in bytes: below Linux's `PATH_MAX`, with room for the volume's own prefix.
    package static let longest = 3072
    /// The longest target of a symbolic link, in bytes: Linux's `PATH_MAX` without its NUL.
    package static let longestTarget = 4095
    /// The most components: far more than any manifest tree has, far fewer than would exhaust a walker.
    package static let deepest = 64

    /// Why a name is no path within a release.
    package enum Fault: Error, Hashable {
        case absolute
        case climbs
        case containsNUL
        case componentTooLong
        case tooLong
        case tooDeep
    }

    /// The components, joined with `/`; empty for the root.
    package let bytes: [UInt8]

    /// The root of a release.
    package static let root = ReleasePath(checked: [])

    private init(checked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Takes a name as archives have it: a leading `./`, doubled and trailing slashes and `.` components are dropped.
    ///
    /// - Throws: ``Fault`` where the name is absolute, climbs with `..`, holds NUL, or goes beyond a limit.
    package init(_ name: some Collection<UInt8>) throws(Fault) {
        try self.init(normalizing: Array(name))
    }

    private init(normalizing name: [UInt8]) throws(Fault) {
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        if name.first == slash { throw .absolute }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(name.count)
        var depth = 0
        var start = 0
        while start < name.count {
            var end = start
            while end < name.count, name[end] != slash {
                if name[end] == 0 { throw .containsNUL }
                end += 1
            }
            let count = end - start
            if count > Self.longestComponent { throw .componentTooLong }
            if count == 2, name[start] == dot, name[start + 1] == dot { throw .climbs }
            if count > 0, !(count == 1 && name[start] == dot) {
                if !bytes.isEmpty { bytes.append(slash) }
                bytes.append(contentsOf: name[start..<end])
                depth += 1
            }
            start = end + 1
        }
        if bytes.count > Self.longest { throw .tooLong }
        if depth > Self.deepest { throw .tooDeep }
        self.init(checked: bytes)
    }

    /// Takes a name written in this source or typed by a user; `nil` where it is no path within a release.
    package init?(_ text: some StringProtocol) {
        guard let path = try? Self(Array(text.utf8)) else { return nil }  // The caller says what was wrong.
        self = path
    }

    /// Whether this is the root.
    package var isRoot: Bool { bytes.isEmpty }

    /// The components, without slashes.
    package var components: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }

    /// The last component; empty for the root.
    package var name: ArraySlice<UInt8> {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes[...] }
        return bytes[(slash + 1)...]
    }

    /// The directory that holds this; the root for the root.
    package var parent: ReleasePath { ReleasePath(checked: Array(parentBytes)) }

    /// The bytes of ``parent``.
    package var parentBytes: ArraySlice<UInt8> {
        bytes[..<(bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0)]
    }

    /// A hash that is the same everywhere and always, each of its bits as good as any: what is decided by it may get into
    /// archives. Not to be used against anybody who looks for collisions.
    ///
    /// FNV-1a of 64 bits, whose upper half the last bytes hardly reach, and therefore the finalizer of MurmurHash3.
    package var stableHash: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ hash >> 33
    }

    /// This path and then `name`, which may have several components, and may not climb.
    package func appending(_ name: some Collection<UInt8>) throws(Fault) -> ReleasePath {
        try ReleasePath(bytes + [UInt8(ascii: "/")] + Array(name), below: self)
    }

    private init(_ name: [UInt8], below parent: ReleasePath) throws(Fault) {
        try self.init(parent.isRoot ? name.dropFirst() : name[...])
    }
}

extension ReleasePath: CustomStringConvertible {
    /// The path as text; bytes that are no UTF-8 are shown as U+FFFD. Control characters stay as they are: what shows it
    /// on a terminal makes it ``Swift/String/printable``.
    package var description: String { String(decoding: bytes, as: UTF8.self) }
}
