internal import Content
internal import HTTP
internal import Store

/// What a directory of a release holds, in the three forms in which it can be asked for.
enum Listing {
    /// The forms, the preferred one first.
    enum Form: Int, CaseIterable, Sendable {
        case html
        case json
        case text

        /// The form that `accept` asks for.
        init(accept: String?) {
            let offers = ["text/html", "application/json", "text/plain"]
            self = Form(rawValue: AcceptNegotiation.choose(accept, among: offers)) ?? .html
        }

        var contentType: String {
            switch self {
            case .html: MediaType.html
            case .json: MediaType.json
            case .text: MediaType.plainText
            }
        }
    }

    /// One name in the directory.
    struct Entry: Sendable {
        let name: [UInt8]
        let isDirectory: Bool
        let isLink: Bool
        /// In bytes; 0 for directories.
        let size: Int64
        let digest: Digest?
        let modified: Timestamp

        /// The name as a reference relative to the directory, with `/` where it is one itself.
        var reference: String { PercentCoding.encode(component: name) + (isDirectory ? "/" : "") }

        /// The name as text: bytes that are no UTF-8 show as U+FFFD.
        var text: String { String(decoding: name, as: UTF8.self) }
    }

}

extension Listing.Entry {
    init(_ entry: DirectoryEntry) {
        self.init(
            name: entry.name,
            isDirectory: entry.record.kind == .directory,
            isLink: entry.isLink,
            size: entry.record.size,
            digest: entry.record.digest,
            modified: entry.record.modified
        )
    }

    /// An object: `name`, `type`, `size`, `digest`, `modified`, `link`, and `href`, which leads to the entry whatever
    /// bytes its name has.
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("name", text)
            json.member("type", isDirectory ? "directory" : "file")
            json.member("size", isDirectory ? nil : size)
            json.member("digest", digest?.description)
            json.member("modified", modified.rfc3339)
            json.member("link", isLink)
            json.member("href", reference)
        }
    }

    /// The name, with `/` after a directory's, and the end of the line. A name that holds control bytes would tear the
    /// lines apart, so that one is written percent-encoded.
    var line: [UInt8] {
        let isPlain = !name.contains { $0 < 0x20 || $0 == 0x7F }
        let shown = isPlain ? name : Array(PercentCoding.encode(component: name).utf8)
        return shown + (isDirectory ? [UInt8(ascii: "/"), UInt8(ascii: "\n")] : [UInt8(ascii: "\n")])
    }
}

/// What a listing is sorted by: `?sort=name|size|modified&order=asc|desc`. Directories come first in every order.
struct ListingOrder: Hashable, Sendable {
    enum Key: String, CaseIterable, Sendable {
        case name
        case size
        case modified
    }

    let key: Key
    let isDescending: Bool

    static let byName = ListingOrder(key: .name, isDescending: false)

    init(key: Key, isDescending: Bool) {
        self.key = key
        self.isDescending = isDescending
    }

    /// Takes a query; what isn't understood in it counts as not given, as other queries mean nothing here either.
    init(query: [UInt8]?) {
        let parameters = QueryParameters(query)
        key = parameters?["sort"].flatMap(Key.init) ?? .name
        isDescending = parameters?["order"] == "desc"
    }

    func sorted(_ entries: [Listing.Entry]) -> [Listing.Entry] {
        // Texts are made once for each entry, not once for each comparison.
        let named = entries.map { (entry: $0, text: $0.text) }
        return named.sorted { one, other in
            if one.entry.isDirectory != other.entry.isDirectory { return one.entry.isDirectory }
            switch key {
            case .size where one.entry.size != other.entry.size:
                return (one.entry.size < other.entry.size) != isDescending
            case .modified where one.entry.modified != other.entry.modified:
                return (one.entry.modified < other.entry.modified) != isDescending
            case .name where isDescending:
                return Self.precedes(other, one)
            default:
                return Self.precedes(one, other)
            }
        }.map(\.entry)
    }

    private static func precedes(
        _ one: (entry: Listing.Entry, text: String),
        _ other: (entry: Listing.Entry, text: String)
    ) -> Bool {
        if NaturalOrder.precedes(one.text, other.text) { return true }
        if NaturalOrder.precedes(other.text, one.text) { return false }
        // Names that are no UTF-8 may look the same as text.
        return one.entry.name.lexicographicallyPrecedes(other.entry.name)
    }
}
