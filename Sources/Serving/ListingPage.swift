internal import Content
internal import HTTP

/// A listing as a page: one table, no script, readable on a phone and in the dark.
enum ListingPage {
    /// What the page's last line sums up.
    struct Totals: Sendable {
        private(set) var files = 0
        private(set) var directories = 0
        private(set) var bytes: Int64 = 0

        var count: Int { files + directories }

        mutating func add(_ entry: Listing.Entry) {
            if entry.isDirectory {
                directories += 1
                return
            }
            files += 1
            let (sum, overflow) = bytes.addingReportingOverflow(entry.size)
            bytes = overflow ? .max : sum
        }
    }

    /// Forbids whatever a page like this doesn't need, in case a name should ever slip through the escaping.
    static let contentSecurityPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// Everything up to the first entry.
    ///
    /// - Parameter order: `nil` where the entries can't be had in another one.
    static func beginning(of subject: ListingWriter.Subject, order: ListingOrder?) -> [UInt8] {
        var page = Page()
        let path = "/" + subject.components.map { String(decoding: $0, as: UTF8.self) + "/" }.joined()
        page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
        page.text(path)
        page.raw("</title>\n<style>\(style)</style>\n</head>\n<body>\n<h1>")
        writeBreadcrumbs(subject.components, to: &page)
        page.raw("</h1>\n<table>\n")
        writeHeader(order, to: &page)
        page.raw("<tbody>\n")
        if !subject.components.isEmpty {
            page.raw(
                "<tr><td class=\"n\"><a href=\"../\">../</a></td>"
                    + "<td class=\"s\"></td><td class=\"t\"></td><td class=\"d\"></td></tr>\n"
            )
        }
        return page.bytes
    }

    /// Each directory on the way, as a link relative to this one.
    private static func writeBreadcrumbs(_ components: [[UInt8]], to page: inout Page) {
        let up = { (levels: Int) in levels == 0 ? "./" : String(repeating: "../", count: levels) }
        page.raw("<a href=\"\(up(components.count))\" aria-label=\"top\">/</a>")
        for (index, component) in components.enumerated() {
            page.raw("<a href=\"\(up(components.count - index - 1))\"><bdi>")
            page.text(String(decoding: component, as: UTF8.self))
            page.raw("</bdi></a>/")
        }
    }

    private static func writeHeader(_ order: ListingOrder?, to page: inout Page) {
        page.raw("<thead><tr>")
        for (key, title, style) in [
            (ListingOrder.Key.name, "Name", "n"), (.size, "Size", "s"), (.modified, "Modified (UTC)", "t"),
        ] {
            guard let order else {
                page.raw("<th class=\"\(style)\">\(title)</th>")
                continue
            }
            let isCurrent = order.key == key
            let turns = isCurrent && !order.isDescending
            let sorted = order.isDescending ? "descending" : "ascending"
            page.raw("<th class=\"\(style)\"\(isCurrent ? " aria-sort=\"\(sorted)\"" : "")>")
            page.raw("<a href=\"?sort=\(key.rawValue)&amp;order=\(turns ? "desc" : "asc")\">\(title)</a></th>")
        }
        page.raw("<th class=\"d\">SHA-256</th></tr></thead>\n")
    }

    /// One entry.
    static func row(_ entry: Listing.Entry) -> [UInt8] {
        var page = Page()
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
        return page.bytes
    }

    /// Everything after the last entry.
    static func end(of subject: ListingWriter.Subject, _ totals: Totals) -> [UInt8] {
        var page = Page()
        page.raw("</tbody>\n</table>\n<footer>")
        page.raw("\(totals.directories) \(totals.directories == 1 ? "directory" : "directories"), ")
        page.raw("\(totals.files) \(totals.files == 1 ? "file" : "files"), \(ByteCount.format(totals.bytes))")
        page.raw(" · <a href=\"?archive=tgz\">all of it as .tar.gz</a><br>Release ")
        page.text(subject.tag.description)
        page.raw(" <code title=\"\(subject.digest)\">\(subject.digest.hex.prefix(12))</code>")
        page.raw("</footer>\n</body>\n</html>\n")
        return page.bytes
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
        @media(max-width:44rem){body{padding:.75rem}h1,footer{padding:0 .35rem}table,thead,tbody{display:block}
        tr{display:grid;grid-template-columns:1fr auto;gap:.1rem 1rem;padding:.55rem .35rem;border-bottom:1px solid var(--line)}
        th,td{display:block;padding:0;border:0}.n{width:auto;grid-area:1/1}.s{grid-area:1/2}
        .t,.d{font-size:.85rem;grid-row:2}.d{text-align:right}td:empty{display:none}}
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
