internal import Content

/// Follows symbolic links in the index, never in the file system.
///
/// Components are taken one at a time, as `path_resolution(7)` says: a link's target begins in the directory that holds
/// the link, `..` goes to the parent of where one really is.
enum LinkResolver {
    /// The most links followed for one path: Linux's own limit, beyond which it answers `ELOOP`.
    static let mostLinks = 40
    /// The most components looked at for one path, links' targets included: a path has 64 at most, but forty targets of
    /// thousands of `./` each would keep a request busy for seconds.
    static let mostComponents = 4096

    enum Outcome: Hashable {
        /// What the path leads to, no row for the root; and the links on the way.
        case found(IndexRow?, links: [IndexRow])
        /// Nothing is there.
        case missing
        /// A link leads above the root or is absolute.
        case escapes
        /// More than ``mostLinks`` links or ``mostComponents`` components.
        case loops
    }

    /// - Parameters:
    ///   - looked: grows by the number of components that were looked at.
    ///   - row: gives the row at a path, links not followed.
    static func resolve(
        _ path: ReleasePath,
        counting looked: inout Int,
        row: (ReleasePath) throws -> IndexRow?
    ) throws -> Outcome {
        let before = looked
        var pending = Array(path.components.map(Array.init).reversed())
        var current = ReleasePath.root
        var currentRow: IndexRow?
        var links: [IndexRow] = []
        // Once nothing is there, the rest is only looked at for whether it climbs out.
        var isMissing = false
        while let component = pending.popLast() {
            looked += 1
            if looked - before > mostComponents { return .loops }
            // Only a directory has components, `.` and `..` included.
            if currentRow?.kind == .file { isMissing = true }
            if component == [UInt8(ascii: ".")] { continue }
            if component == Array("..".utf8) {
                if current.isRoot { return .escapes }
                current = current.parent
                currentRow = nil
                continue
            }
            guard let next = try? current.appending(component) else { return .missing }  // Too long or deep to exist.
            guard !isMissing, let row = try row(next) else {
                isMissing = true
                current = next
                continue
            }
            guard row.kind == .link else {
                current = next
                currentRow = row
                continue
            }
            links.append(row)
            if links.count > mostLinks { return .loops }
            if row.target.first == UInt8(ascii: "/") { return .escapes }
            currentRow = nil
            pending += row.target.split(separator: UInt8(ascii: "/")).map(Array.init).reversed()
        }
        if isMissing { return .missing }
        if currentRow == nil, !current.isRoot { currentRow = try row(current) }
        return .found(currentRow, links: links)
    }
}
