internal import Content
internal import HTTP
internal import Store

/// What administrators can have the daemon do.
extension Site {
    /// Has it done, and answers when it is; what can't be asked for is refused at once.
    func perform(_ action: AdministratorAction, _ request: Request, reply: @escaping Reply) throws(Refusal) {
        let parameters = try parameters(request)
        let name = try administrator(request, parameters)
        let report: @Sendable (SyncReport) -> Void = { [self] report in reply(answer(report)) }
        let result: SiteActions.Reply<SyncReport> = { [self] result in reply(answer(result, to: request) { answer($0) })
        }
        switch action {
        case .sync: actions.sync(report)
        case .activate:
            let (release, hold) = try activation(by: name, parameters)
            actions.activate(release, hold, result)
        case .resume: actions.resume(name, result)
        case .takeIn:
            let (folder, tag, hold) = try importation(by: name, parameters)
            actions.takeIn(folder, tag, hold, report)
        case .verify:
            actions.verify(parameters["repair"] == "true") { [self] result in
                reply(answer(result, to: request) { document($0.json) })
            }
        }
    }

    /// Who asks, where they may: a user that has proved to be one, or whoever can open the socket, who says so by `by`.
    private func administrator(_ request: Request, _ parameters: QueryParameters) throws(Refusal) -> String {
        try requireAdministrator(request)
        if request.peer != .local { return request.user ?? "unknown" }
        guard let name = parameters["by"], !name.isEmpty else { return "socket" }
        try require(name, "by", most: Self.longestName)
        return name
    }

    /// The longest name of somebody who asks, in bytes: it stands in log lines and on the volume.
    private static let longestName = 200

    /// `POST /-/activate?release=R&reason=T`
    private func activation(
        by name: String,
        _ parameters: QueryParameters
    ) throws(Refusal) -> (Release, HoldRequest) {
        guard let wanted = parameters["release"], !wanted.isEmpty else {
            throw Refusal(.badRequest, "Name a release by tag or digest: /-/activate?release=R&reason=T.")
        }
        let request = try holdRequest(by: name, parameters)
        guard let release = volume.release(named: wanted) else {
            // Repeated only where it can be one: anything may stand in a query.
            let name = Tag(wanted) == nil && Digest(wanted) == nil ? "this tag or digest" : wanted
            throw Refusal(.notFound, "No retained release has \(name); /-/releases or specman releases lists them.")
        }
        return (release, request)
    }

    /// `POST /-/import?folder=F&tag=T&reason=R`: a layout that lies in the volume's `staging/`.
    private func importation(
        by name: String,
        _ parameters: QueryParameters
    ) throws(Refusal) -> (folder: String, Tag, HoldRequest) {
        guard let folder = parameters["folder"], Self.isFolderName(folder),
            let tag = parameters["tag"].flatMap({ Tag($0) })
        else {
            throw Refusal(.badRequest, "Name a layout in staging/ and a tag: /-/import?folder=F&tag=T.")
        }
        return (folder, tag, try holdRequest(by: name, parameters))
    }

    /// Whether `name` can only be a name in `staging/`: this becomes part of a path.
    private static func isFolderName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 100
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    private func holdRequest(by name: String, _ parameters: QueryParameters) throws(Refusal) -> HoldRequest {
        let reason = parameters["reason"].flatMap { $0.isEmpty ? nil : $0 }
        if let reason { try require(reason, "reason", most: Hold.longestReason) }
        return HoldRequest(by: name, reason: reason)
    }

    /// Refuses a text that is too long, or would tear the log's lines.
    private func require(_ text: String, _ name: String, most: Int) throws(Refusal) {
        guard text.utf8.count <= most, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Refusal(.badRequest, "The parameter \(name) takes one line of at most \(most) bytes.")
        }
    }

    private func parameters(_ request: Request) throws(Refusal) -> QueryParameters {
        guard let parameters = QueryParameters(request.query) else {
            throw Refusal(.badRequest, "The query has a % that isn't followed by two hex digits.")
        }
        return parameters
    }

    private func answer(_ report: SyncReport) -> Answer<StoredFile> {
        document(report.json, status: report.result == .failed ? .internalServerError : .ok)
    }

    /// What came of it, or 500 with the cause: only administrators come here.
    private func answer<Value>(
        _ result: Result<Value, StoreError>,
        to request: Request,
        _ form: (Value) -> Answer<StoredFile>
    ) -> Answer<StoredFile> {
        switch result {
        case .success(let value):
            return form(value)
        case .failure(let error):
            options.report(error.description)
            return Refusal(.internalServerError, error.description).answer(to: request)
        }
    }
}
