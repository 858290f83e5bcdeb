internal import HTTP
internal import Store

/// Why a request isn't answered with what it asked for.
struct Refusal: Error {
    let problem: ProblemDetails
    var fields: Fields

    init(_ status: Status, _ detail: String, fields: Fields = Fields()) {
        problem = ProblemDetails(status, detail)
        self.fields = fields
    }

    /// The answer, in the form that the request accepts; never kept by a cache, however long what was asked for may be.
    func answer(to request: Request) -> Answer<StoredFile> {
        var fields = Fields(fields.lines.filter { $0.name != "Cache-Control" })
        fields.append("Cache-Control", "no-store")
        return problem.answer(accept: request.fields["Accept"], fields: fields)
    }

    /// 400 or 404 for a path that can't be taken apart.
    init(_ fault: TargetPath.Fault) {
        switch fault {
        case .notAbsolute: self.init(.badRequest, "The path of the target doesn't begin with /.")
        case .brokenEscape: self.init(.badRequest, "The path has a % that isn't followed by two hex digits.")
        case .containsNUL: self.init(.badRequest, "The path has a NUL in it.")
        case .climbs: self.init(.badRequest, "The path climbs above the root.")
        // A name with a slash in it is thinkable, but no file can have it.
        case .encodedSlash: self.init(.notFound, "No file has a slash in its name; write %2F as /.")
        }
    }

    /// 503 while there is nothing to serve.
    ///
    /// - Parameter teller: what says more.
    static func noRelease(_ teller: String) -> Refusal {
        Refusal(
            .serviceUnavailable,
            "No release has been published yet. \(teller) tells how the sync is doing.",
            fields: Fields([.init(name: "Retry-After", value: String(retryAfterSeconds))])
        )
    }
}
