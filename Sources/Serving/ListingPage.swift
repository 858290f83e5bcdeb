internal import Content
internal import HTTP

/// A listing as a page: one table, no script, readable on a phone and in the dark.
struct ListingPage {
    /// How many entries the page shows: beyond that a browser only suffers. The other two forms hold all of them.
    static let mostRows = 10_000

    /// Forbids whatever a page like this doesn't need, in case a name should ever slip through the escaping.
    static let contentSecurityPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// The directory's path in the release, decoded.
    let components: [[UInt8]]
    let listing: Listing
    let tag: Tag
    let digest: Digest

    /// The page's bytes.
    var html: [UInt8] {
        var page = Page()
        let path = "/" + components.map { String(decoding: $0, as: UTF8.self) + "/" }.joined()
        page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
        page.text(path)
        page.raw("</title>\n<style>\(Self.style)</style>\n</head>\n<body>\n<h1>")
        writeBreadcrumbs(to: &page)
        page.raw("</h1>\n<table>\n")
        writeHeader(to: &page)
        page.raw("<tbody>\n")
        if !components.isEmpty {
            page.raw(
                "<tr><td class=\"n\"><a href=\"../\">../</a></td>"
                    + "<td class=\"s\"></td><td class=\"t\"></td><td class=\"d\"></td></tr>\n"
            )
        }
        for entry in listing.entries.prefix(Self.mostRows) { write(entry, to: &page) }
        page.raw("</tbody>\n</table>\n<footer>")
        writeFooter(to: &page)
        page.raw("</footer>\n</body>\n</html>\n")
        return page.bytes
    }

    /// Each directory on the way, as a link relative to this one.
    private func writeBreadcrumbs(to page: inout Page) {
        let up = { (levels: Int) in levels == 0 ? "./" : String(repeating: "../", count: levels) }
        page.raw("<a href=\"\(up(components.count))\" aria-label=\"top\">/</a>")
        for (index, component) in components.enumerated() {
            page.raw("<a href=\"\(up(components.count - index - 1))\"><bdi>")
            page.text(String(decoding: component, as: UTF8.self))
            page.raw("</bdi></a>/")
        }
    }

    private func writeHeader(to page: inout Page) {
        page.raw("<thead><tr>")
        for (key, title, style) in [
            (ListingOrder.Key.name, "Name", "n"), (.size, "Size", "s"), (.modified, "Modified (UTC)", "t"),
        ] {
            let isCurrent = listing.order.key == key
            let turns = isCurrent && !listing.order.isDescending
            let sorted = listing.order.isDescending ? "descending" : "ascending"
            page.raw("<th class=\"\(style)\"\(isCurrent ? " aria-sort=\"\(sorted)\"" : "")>")
            page.raw("<a href=\"?sort=\(key.rawValue)&amp;order=\(turns ? "desc" : "asc")\">\(title)</a></th>")
        }
        page.raw("<th class=\"d\">SHA-256</th></tr></thead>\n")
    }

    private func write(_ entry: Listing.Entry, to page: inout Page) {
        page.raw("<tr><td class=\"n\"><a href=\"\(entry.reference)\"><bdi>")
        page.text(entry.text)
        page.raw(entry.isDirectory ? "</bdi>/</a>" : "</bdi></a>")
        if entry.isLink { page.raw(" <small>link</small>") }
        page.raw("</td><td class=\"s\">")
        if !entry.isDirectory {
            page.raw("<span title=\"\(entry.size) bytes\">\(ByteCount.format(entry.size))</span>")
        }
        let time = entry.modified.rfc3339
        // 2024-12-06T12:43:14Z as 2024-12-06 12:43.
        let short = time.dropLast(4).split(separator: "T").joined(separator: " ")
        page.raw("</td><td class=\"t\"><time datetime=\"\(time)\">\(short)</time></td><td class=\"d\">")
        if let digest = entry.digest {
            page.raw("<code title=\"\(digest)\">\(digest.hex.prefix(12))</code>")
        }
        page.raw("</td></tr>\n")
    }

    private func writeFooter(to page: inout Page) {
        let files = listing.entries.filter { !$0.isDirectory }
        let directories = listing.entries.count - files.count
        var bytes: Int64 = 0
        for file in files {
            let (sum, overflow) = bytes.addingReportingOverflow(file.size)
            bytes = overflow ? .max : sum
        }
        if listing.entries.count > Self.mostRows {
            page.raw("The first \(Self.mostRows) of \(listing.entries.count) entries. All of them: ")
            page.raw("Accept: application/json or text/plain.<br>")
        }
        page.raw("\(directories) \(directories == 1 ? "directory" : "directories"), ")
        page.raw("\(files.count) \(files.count == 1 ? "file" : "files"), \(ByteCount.format(bytes))<br>Release ")
        page.text(tag.description)
        page.raw(" <code title=\"\(digest)\">\(digest.hex.prefix(12))</code>")
    }

    private static let style = """
        :root{color-scheme:light dark;--line:#d8dde3;--soft:#5b6673;--link:#0b57d0;--row:#f3f6f9;--back:#fff;--text:#1b1f24}
        @media(prefers-color-scheme:dark){:root{--line:#343b44;--soft:#9aa5b1;--link:#8ab4f8;--row:#1d232b;--back:#14181d;\
        --text:#e3e8ee}}
        body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;padding:1.5rem;max-width:70rem;background:var(--back);\
        color:var(--text)}
        h1{font-size:1.25rem;font-weight:600;overflow-wrap:anywhere}
        a{color:var(--link);text-decoration:none}a:hover,a:focus{text-decoration:underline}
        table{border-collapse:collapse;width:100%}
        th,td{padding:.4rem .6rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
        h1,footer{padding:0 .6rem}th{color:var(--soft);font-weight:600}
        th a{color:inherit}th[aria-sort=ascending] a::after{content:" \\2191"}\
        th[aria-sort=descending] a::after{content:" \\2193"}
        tbody tr:hover{background:var(--row)}
        .n{width:100%;overflow-wrap:anywhere}.s{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
        .t,.d{white-space:nowrap;color:var(--soft);font-variant-numeric:tabular-nums}
        code{font:.9em ui-monospace,monospace}small,footer{color:var(--soft)}footer{margin-top:1rem;font-size:.9rem}
        @media(max-width:44rem){body{padding:.75rem}.d{display:none}th,td{padding:.5rem .35rem}h1,footer{padding:0 .35rem}}
        @media(max-width:26rem){.t{display:none}}
        """
}

/// HTML being written: text is escaped, markup is not.
private struct Page {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ markup: String) {
        bytes += markup.utf8
    }

    /// Control characters have no place in a page, and would hide what a name really is: they show as U+FFFD.
    mutating func text(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": bytes += "&amp;".utf8
            case "<": bytes += "&lt;".utf8
            case ">": bytes += "&gt;".utf8
            case "\"": bytes += "&quot;".utf8
            case "'": bytes += "&#39;".utf8
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": bytes += "\u{FFFD}".utf8
            default: bytes += String(scalar).utf8
            }
        }
    }
}
