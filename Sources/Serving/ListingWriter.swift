internal import Content
internal import HTTP

/// Writes a listing a part at a time: the beginning, any number of entries, the end.
struct ListingWriter: Sendable {
    /// Whose listing it is.
    struct Subject: Sendable {
        /// The directory's path in the release, decoded.
        let components: [[UInt8]]
        let tag: Tag
        let digest: Digest
    }

    private let form: Listing.Form
    private let subject: Subject
    /// `nil` where the entries come as the index has them: by the bytes of their names.
    private let order: ListingOrder?
    private var totals = ListingPage.Totals()

    init(_ form: Listing.Form, of subject: Subject, order: ListingOrder?) {
        self.form = form
        self.subject = subject
        self.order = order
    }

    /// All of it.
    static func document(
        _ form: Listing.Form,
        of subject: Subject,
        _ entries: [Listing.Entry],
        order: ListingOrder
    ) -> [UInt8] {
        var writer = ListingWriter(form, of: subject, order: order)
        let beginning = writer.beginning
        let rows = writer.rows(order.sorted(entries))
        return beginning + rows + writer.end
    }

    /// What comes before the entries.
    var beginning: [UInt8] {
        switch form {
        case .html: ListingPage.beginning(of: subject, order: order)
        case .json: [UInt8(ascii: "[")]
        case .text: []
        }
    }

    /// The next entries.
    mutating func rows(_ entries: [Listing.Entry]) -> [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries {
            switch form {
            case .html:
                bytes += ListingPage.row(entry)
            case .json:
                if totals.count > 0 { bytes.append(UInt8(ascii: ",")) }
                var json = JSONWriter()
                entry.write(to: &json)
                bytes += json.bytes
            case .text:
                bytes += entry.line
            }
            totals.add(entry)
        }
        return bytes
    }

    /// What comes after the entries.
    var end: [UInt8] {
        switch form {
        case .html: ListingPage.end(of: subject, totals)
        case .json: Array("]\n".utf8)
        case .text: []
        }
    }
}
