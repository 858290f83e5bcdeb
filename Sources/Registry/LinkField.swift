/// The targets of `Link` fields.
///
/// Specification: RFC 8288 section 3; the grammar, not a search for `rel="next"`: targets and titles may hold commas,
/// semicolons and quotes.
enum LinkField {
    /// The first target with the relation `next` in the values of all `Link` fields.
    ///
    /// - Throws: ``Fault`` where a value is no `Link` field: a list that is cut short must not look complete.
    static func next(_ values: [String]) throws(Fault) -> String? {
        for value in values {
            var cursor = FieldCursor(value)
            while true {
                while cursor.skip(",") {}
                if cursor.atEnd { break }
                guard cursor.skip("<"), let target = cursor.text(upTo: ">") else { throw Fault() }
                var relation: String?
                while cursor.skip(";") {
                    // Empty parameters are tolerated (RFC 8288 appendix B.3).
                    if cursor.peek(";") || cursor.peek(",") || cursor.atEnd { continue }
                    guard let (name, value) = try parameter(&cursor) else { continue }
                    // Of several `rel` the first counts (section 3.3).
                    if name == "rel", relation == nil { relation = value }
                }
                guard cursor.atEnd || cursor.peek(",") else { throw Fault() }
                let relations = relation?.split(separator: " ").map { $0.lowercased() } ?? []
                if relations.contains("next") { return target }
            }
        }
        return nil
    }

    struct Fault: Error, Hashable {}

    /// `name = value`; `nil` for a name alone, which is allowed and means nothing here.
    private static func parameter(_ cursor: inout FieldCursor) throws(Fault) -> (name: String, value: String)? {
        if let parameter = cursor.parameter() { return parameter }
        guard cursor.token() != nil, !cursor.peek("=") else { throw Fault() }
        return nil
    }
}
