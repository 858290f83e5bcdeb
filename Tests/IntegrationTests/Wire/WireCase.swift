import Foundation
import TestSupport

/// A request as it goes over the wire, and what has to come back.
struct WireCase: Sendable, CustomStringConvertible {
    /// RFC and section that decide it.
    let rule: String
    let request: String
    let status: Int
    /// Field lines that the answer has; the value may be left out after the colon. With `!` before: that it hasn't.
    let fields: [String]
    let body: String?
    /// Whether the server closes after the answer, without looking at what follows.
    let ends: Bool

    init(_ rule: String, _ request: String, _ status: Int, _ fields: [String] = [], body: String? = nil, ends: Bool) {
        (self.rule, self.request, self.status, self.fields) = (rule, request, status, fields)
        (self.body, self.ends) = (body, ends)
    }

    var description: String {
        let shown = request.count > 300 ? String(request.prefix(300)) + "…" : request
        return "RFC \(rule): \(shown.debugDescription)"
    }

    /// An answer after which the connection goes on.
    static func keeps(_ rule: String, _ request: String, _ status: Int, _ fields: [String] = [], body: String? = nil)
        -> WireCase
    {
        WireCase(rule, request, status, fields, body: body, ends: false)
    }

    /// An answer after which it ends.
    static func ends(_ rule: String, _ request: String, _ status: Int, _ fields: [String] = [], body: String? = nil)
        -> WireCase
    {
        WireCase(rule, request, status, fields + ["Connection: close"], body: body, ends: true)
    }

    /// A GET with these field lines after `Host`.
    static func get(_ target: String, _ fields: String...) -> String { make("GET", target, fields) }

    static func head(_ target: String, _ fields: String...) -> String { make("HEAD", target, fields) }

    static func make(_ method: String, _ target: String, _ fields: [String] = [], body: String = "") -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: h\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
    }

    static let all =
        lines + fieldLines + lengths + chunks + targets + methods + connections + tags + dates + ranges
        + representations

    // MARK: The tree

    static let hello = "hello, world\n"
    /// Its entity tag: printf 'hello, world\n' | sha256sum
    static let tag = "\"853ff93762a06ddbf722c4ebe9ddd66d8f63ddaea97f521c3ecc20da7c976020\""
    /// When everything in the tree was changed.
    static let date = "Fri, 01 Mar 2024 12:00:00 GMT"
    /// 40,000 bytes in which every place can be told from its neighbours.
    static let large = (0..<5000).map { String(10_000_000 + $0).suffix(7) + "\n" }.joined()
    static let tree: [String: [UInt8]] = [
        "hello.txt": Array(hello.utf8), "large.bin": Array(large.utf8), "empty": [], "web/index.html": Array("i".utf8),
        "list/one": Array("1".utf8), "a b/ü.txt": Array("odd\n".utf8), "100%": Array("p".utf8), "a..b": Array("d".utf8),
        "back\\slash": Array("b".utf8), "plus+&=;": Array("s".utf8), "x/y/z": Array("z".utf8),
    ]
}
