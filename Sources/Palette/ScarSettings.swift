internal import Content
internal import FoundationEssentials

/// What Palette has for its SCAR. The password, should Palette ever show one, is not looked at.
package struct ScarSettings: Hashable, Sendable {
    /// As Palette has it, unchecked; `nil` for none.
    package let endpoint: String?
    /// Whom Palette says it is there; `nil` for nobody.
    package let username: String?

    private struct Document: Decodable {
        let endpoint: String?
        let username: String?
    }

    /// Reads Palette's answer.
    init(answer: [UInt8]) throws(AnswerFault) {
        let document = try PaletteJSON.decode(Document.self, from: answer)
        for (name, value) in [("endpoint", document.endpoint), ("username", document.username)] {
            guard value?.utf8.count ?? 0 <= ScarEndpoint.longest else {
                throw AnswerFault(reason: "\(name) is longer than \(ScarEndpoint.longest) bytes")
            }
        }
        endpoint = document.endpoint.flatMap { $0.isEmpty ? nil : $0 }
        username = document.username.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The endpoint for people; what a terminal would obey is escaped.
    package var shownEndpoint: String? { endpoint?.printable }

    /// Whether it is this endpoint, with a `/` at its end or without.
    package func isAt(_ endpoint: ScarEndpoint) -> Bool {
        self.endpoint.map(ScarEndpoint.withoutSlashes) == endpoint.description
    }
}

extension ScarSettings: Encodable {
    private enum CodingKeys: String, CodingKey {
        case endpoint
        case username
    }

    /// Both members are always there, `null` where there is nothing.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(endpoint, forKey: .endpoint)
        try container.encode(username, forKey: .username)
    }

    /// A JSON object for scripts, in lines; what a terminal would obey is escaped.
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Two texts: encoding them can't fail.
        guard let data = try? encoder.encode(self) else { return "null" }
        return String(decoding: data, as: UTF8.self).unicodeScalars.map { scalar in
            guard scalar.isInvisible, scalar != "\n" else { return String(scalar) }
            return String(scalar).utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        }.joined()
    }
}
