/// What Palette gives for a password, and wants to see with every other request. Never shown.
struct PaletteToken: Sendable, CustomStringConvertible {
    let value: String

    /// The longest token, in bytes: it has to fit into a header field, of which most servers take 8 KiB.
    private static let longest = 16 << 10

    private struct Document: Decodable {
        let token: String

        private enum CodingKeys: String, CodingKey {
            case token = "Authorization"
        }
    }

    /// Reads the answer to a login.
    init(answer: [UInt8]) throws(AnswerFault) {
        let value = try PaletteJSON.decode(Document.self, from: answer).token
        guard !value.isEmpty, value.utf8.count <= Self.longest, value.utf8.allSatisfy(Self.mayStandInCookie) else {
            throw AnswerFault(reason: "its token can't stand in a cookie")
        }
        self.value = value
    }

    /// The `Cookie` field.
    var cookie: String { "Authorization=\(value)" }

    var description: String { "…" }

    /// `cookie-octet` (RFC 6265 section 4.1.1): what could end the value, the pair or the field is none.
    private static func mayStandInCookie(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x2B, 0x2D...0x3A, 0x3C...0x5B, 0x5D...0x7E: true
        default: false
        }
    }
}
