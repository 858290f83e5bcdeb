/// As much XML as the answers of AWS's query protocol take: elements without attributes of interest, and their text.
enum XMLText {
    /// What stands in the first element of this name, tags included; `nil` where there is none that ends.
    static func content(of name: String, in text: Substring) -> Substring? {
        var rest = text
        while let start = rest.firstRange(of: "<\(name)") {
            let behind = rest[start.upperBound...]
            // `<Code>` or `<Code a="b">`, but not `<CodeOfSomething>`.
            guard let next = behind.first, next == ">" || next.isWhitespace, let close = behind.firstIndex(of: ">")
            else {
                rest = behind
                continue
            }
            let content = behind[behind.index(after: close)...]
            return content.firstRange(of: "</\(name)>").map { content[..<$0.lowerBound] }
        }
        return nil
    }

    /// The text of the first element of this name, with XML's own entities and numeric ones resolved; `nil` also where
    /// there is anything but text in it.
    static func text(of name: String, in text: Substring) -> String? {
        guard let content = content(of: name, in: text), !content.contains("<") else { return nil }
        var result = ""
        var rest = content
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            guard let end = rest[start...].firstIndex(of: ";"),
                let character = character(rest[rest.index(after: start)..<end])
            else { return nil }
            result.unicodeScalars.append(character)
            rest = rest[rest.index(after: end)...]
        }
        let whole = result + rest
        return String(whole.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    private static func character(_ entity: Substring) -> Unicode.Scalar? {
        switch entity {
        case "amp": "&"
        case "lt": "<"
        case "gt": ">"
        case "quot": "\""
        case "apos": "'"
        case _ where entity.hasPrefix("#x"): UInt32(entity.dropFirst(2), radix: 16).flatMap { Unicode.Scalar($0) }
        case _ where entity.hasPrefix("#"): UInt32(entity.dropFirst()).flatMap { Unicode.Scalar($0) }
        default: nil
        }
    }
}
