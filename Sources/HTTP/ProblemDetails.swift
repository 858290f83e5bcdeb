/// What went wrong with a request, for people as plain text, for programs as problem details.
///
/// Specification: RFC 9457; the type is always `about:blank`, so that the title is the status's reason (section 4.2.1).
package struct ProblemDetails: Hashable, Sendable {
    package let status: Status
    /// One sentence or two: what is wrong, and what to do.
    package let detail: String

    package init(_ status: Status, _ detail: String) {
        self.status = status
        self.detail = detail
    }

    /// The document of RFC 9457.
    package var json: [UInt8] {
        JSONWriter.document { json in
            json.object { json in
                json.member("type", "about:blank")
                json.member("title", status.reason)
                json.member("status", status.code)
                json.member("detail", detail)
            }
        }
    }

    /// `404 Not Found: …`
    package var text: [UInt8] {
        Array("\(status.code) \(status.reason): \(detail)\n".utf8)
    }

    /// The answer, in the form that `accept` asks for: JSON where it is preferred over plain text.
    package func answer<File>(accept: String?, fields: Fields = Fields()) -> Answer<File> {
        let isJSON =
            AcceptNegotiation.choose(accept, among: ["text/plain", MediaType.problem, MediaType.json]) > 0
        var fields = fields
        fields.append("Content-Type", isJSON ? MediaType.problem : MediaType.plainText)
        if fields["X-Content-Type-Options"] == nil { fields.append("X-Content-Type-Options", "nosniff") }
        fields.append("Vary", "Accept")
        return Answer(status, fields: fields, body: .bytes(isJSON ? json : text))
    }
}
