/// Media types by the ending of a file's name.
///
/// Text is declared as UTF-8: with `nosniff` a browser would otherwise show it in a code page of its own choice.
package enum MediaType {
    package static let octetStream = "application/octet-stream"
    package static let html = "text/html; charset=utf-8"
    package static let plainText = "text/plain; charset=utf-8"
    package static let json = "application/json"
    package static let problem = "application/problem+json"

    /// The longest ending that is looked up, in bytes; no known one is longer.
    private static let longestExtension = 12

    private static let byExtension: [String: String] = [
        "html": html, "htm": html, "xhtml": "application/xhtml+xml",
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8", "wasm": "application/wasm",
        "txt": plainText, "text": plainText, "log": plainText, "conf": plainText, "cfg": plainText, "ini": plainText,
        "env": plainText, "properties": plainText, "list": plainText, "sha256": plainText, "sha512": plainText,
        "asc": plainText, "sh": plainText, "py": plainText, "go": plainText, "swift": plainText, "tpl": plainText,
        "tmpl": plainText, "diff": plainText, "patch": plainText, "rst": plainText,
        "md": "text/markdown; charset=utf-8", "csv": "text/csv; charset=utf-8",
        "tsv": "text/tab-separated-values; charset=utf-8",
        // RFC 9512
        "yaml": "application/yaml", "yml": "application/yaml",
        "json": json, "jsonl": "application/jsonl", "toml": "application/toml", "xml": "application/xml",
        "sql": "application/sql", "pdf": "application/pdf",
        "tgz": "application/gzip", "gz": "application/gzip", "tar": "application/x-tar", "zip": "application/zip",
        "zst": "application/zstd", "xz": "application/x-xz", "bz2": "application/x-bzip2",
        "7z": "application/x-7z-compressed",
        "deb": "application/vnd.debian.binary-package", "rpm": "application/x-rpm",
        "pem": "application/x-pem-file", "crt": "application/x-x509-ca-cert", "sig": octetStream,
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
        "svg": "image/svg+xml", "ico": "image/vnd.microsoft.icon",
        "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf",
    ]

    /// Names that are text by convention, without an ending that would say so.
    private static let textNames: Set<String> = [
        "readme", "license", "licence", "copying", "copyright", "authors", "changelog", "changes", "news", "notice",
        "version", "makefile", "dockerfile", "sha256sums", "md5sums",
    ]

    /// The type of a file of that name; `application/octet-stream` where the name doesn't tell.
    package static func forFile(named name: ArraySlice<UInt8>) -> String {
        known(name) ?? octetStream
    }

    /// The type of a file of that name; `nil` where the name doesn't tell.
    package static func known(_ name: ArraySlice<UInt8>) -> String? {
        let lower = name.map(ASCII.lowercased)
        guard let dot = lower.lastIndex(of: UInt8(ascii: ".")), dot > 0 else {
            return textNames.contains(String(decoding: lower, as: UTF8.self)) ? plainText : nil
        }
        let ending = lower[(dot + 1)...]
        guard ending.count <= longestExtension else { return nil }
        return byExtension[String(decoding: ending, as: UTF8.self)]
    }

    /// Whether content of that type is text, which compresses well; what is compressed already is not.
    package static func isText(_ type: String) -> Bool {
        let essence = type.prefix { $0 != ";" }
        return essence.hasPrefix("text/") || essence.hasSuffix("+json") || essence.hasSuffix("+xml")
            || textTypes.contains(String(essence))
    }

    private static let textTypes: Set<String> = [
        json, "application/jsonl", "application/yaml", "application/toml", "application/xml", "application/sql",
        "application/wasm", "application/x-pem-file",
    ]
}
