internal import Content
internal import HTTP
internal import Store

/// What a directory of a release holds, in the three forms in which it can be asked for.
struct Listing: Sendable {
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

    let entries: [Entry]
    /// What the entries are sorted by.
    let order: ListingOrder

    init(entries: [Entry], order: ListingOrder) {
        self.entries = order.sorted(entries)
        self.order = order
    }

    /// A list of objects: `name`, `type`, `size`, `digest`, `modified`, `link`, and `href`, which leads to the entry
    /// whatever bytes its name has.
    var json: [UInt8] {
        JSONWriter.document { json in
            json.array { json in
                for entry in entries { Self.write(entry, to: &json) }
            }
        }
    }

    /// One name a line, directories with `/` after it. A name that holds control bytes would tear the lines apart, so
    /// that one is written percent-encoded.
    var text: [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries {
            if entry.name.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                bytes += PercentCoding.encode(component: entry.name).utf8
            } else {
                bytes += entry.name
            }
            if entry.isDirectory { bytes.append(UInt8(ascii: "/")) }
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    private static func write(_ entry: Entry, to json: inout JSONWriter) {
        json.object { json in
            json.member("name", entry.text)
            json.member("type", entry.isDirectory ? "directory" : "file")
            json.member("size", entry.isDirectory ? nil : entry.size)
            json.member("digest", entry.digest?.description)
            json.member("modified", entry.modified.rfc3339)
            json.member("link", entry.isLink)
            json.member("href", entry.reference)
        }
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
