/// One way of authentication that a server offers in `WWW-Authenticate`.
///
/// Specification: RFC 9110 section 11.6.1, read by its grammar: commas separate both challenges and parameters, and
/// stand inside quoted strings, too.
package struct Challenge: Hashable, Sendable {
    /// In lower case.
    package let scheme: String
    /// By name in lower case.
    package let parameters: [String: String]
    /// What stands there instead of parameters, such as for `Negotiate`.
    package let token68: String?

    /// The challenges in the values of all `WWW-Authenticate` fields; those after a mistake in a value are left out.
    package static func parse(_ values: [String]) -> [Challenge] {
        values.flatMap { value in
            var cursor = FieldCursor(value)
            var challenges: [Challenge] = []
            while true {
                while cursor.skip(",") {}
                guard let scheme = cursor.token() else { return challenges }
                let challenge = rest(of: scheme.lowercased(), &cursor)
                challenges.append(challenge)
                guard cursor.atEnd || cursor.peek(",") else { return challenges }
            }
        }
    }

    private static func rest(of scheme: String, _ cursor: inout FieldCursor) -> Challenge {
        var parameters: [String: String] = [:]
        var token: String?
        if let token68 = cursor.token68() {
            token = token68
        } else {
            while let (name, value) = cursor.parameter() {
                // Of two parameters of one name the first counts, as no reader could be misled by the second.
                if parameters[name] == nil { parameters[name] = value }
                guard cursor.commaBeforeParameter() else { break }
            }
        }
        return Challenge(scheme: scheme, parameters: parameters, token68: token)
    }
}
