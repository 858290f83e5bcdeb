internal import FoundationEssentials

/// Why an answer of Palette's can't be understood.
struct AnswerFault: Error, Hashable {
    let reason: String
}

/// JSON from Palette and to it.
enum PaletteJSON {
    /// Reads `bytes`, whose length its caller has bounded. Members that we know nothing of are passed over.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(AnswerFault) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch DecodingError.keyNotFound(let key, _) {
            // The keys are our own; what Palette sent is not repeated.
            throw AnswerFault(reason: "\(key.stringValue) is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            let name = context.codingPath.last?.stringValue
            throw AnswerFault(reason: name.map { "\($0) is no text" } ?? "it is no object")
        } catch {
            throw AnswerFault(reason: "it is no JSON")
        }
    }

    /// Writes `members` in the order of their names. Texts can't fail to be encoded.
    static func object(_ members: [String: String]) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(members)).map { Array($0) } ?? []
    }
}
