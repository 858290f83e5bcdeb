internal import Content
internal import FoundationEssentials

/// JSON from outside and to it.
enum JSON {
    /// Reads `bytes`, whose length its caller has bounded.
    ///
    /// - Throws: `RegistryError.malformed`, naming the member that doesn't fit.
    static func decode<Value: Decodable>(
        _ type: Value.Type,
        from bytes: [UInt8],
        name: String
    ) throws(RegistryError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw .malformed(name, reason: describe(error))
        } catch {
            throw .malformed(name, reason: "it is no JSON")
        }
    }

    /// Writes `value` with its members sorted, so that the same value gives the same bytes.
    static func encode(_ value: some Encodable, attempt: String) throws(RegistryError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw .internalFailure(attempt: attempt, reason: "\(error)")
        }
    }

    /// As above, in lines for people.
    static func pretty(_ value: some Encodable, attempt: String) throws(RegistryError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw .internalFailure(attempt: attempt, reason: "\(error)")
        }
    }

    /// Text from outside, fit for one line of a log: no control characters, and 200 characters of it at most.
    static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(200)).printable
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(path(context.codingPath + [key])) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(path(context.codingPath)) is of another kind than it should be"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "it is no JSON" : "\(path(context.codingPath)) is out of bounds"
        @unknown default: "it does not have the form it should have"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        let text = keys.map { key in key.intValue.map { "[\($0)]" } ?? ".\(printable(key.stringValue))" }.joined()
        return text.isEmpty ? "it" : String(text.drop(while: { $0 == "." }))
    }
}

extension Array where Element == UInt8 {
    /// Appends what `bytes` holds.
    mutating func append(_ bytes: RawSpan) {
        // Copied out before the span ends.
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }
}
