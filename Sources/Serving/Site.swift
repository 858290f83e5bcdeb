internal import Content
package import HTTP
package import Store

/// Decides the answer to each request on the TLS port and on the volume's socket.
///
/// It keeps no state of its own but the gzip forms of contents and what it found lately: a request is answered from the
/// release that is active when it comes, and goes on being sent from that one whatever is published meanwhile.
package final class Site: Sendable {
    let volume: Volume
    let options: SiteOptions
    private let status: @Sendable () -> StatusDocument
    let actions: SiteActions
    let gzipForms = GzipForms()
    let recentFiles = RecentFiles()

    /// - Parameters:
    ///   - status: gathers what `/-/status` tells.
    ///   - actions: what administrators can have done.
    package init(
        volume: Volume,
        options: SiteOptions,
        status: @escaping @Sendable () -> StatusDocument,
        actions: SiteActions
    ) {
        self.volume = volume
        self.options = options
        self.status = status
        self.actions = actions
    }

    /// Grows whenever an answer that was repeatable may have changed. To be read before the request is answered.
    package var generation: UInt64 { volume.generation }

    package typealias Reply = @Sendable (Answer<StoredFile>) -> Void

    /// Hands the answer to `request` to `reply`, once: at once, but what is had done, when that is done and from any
    /// thread. May wait for the disk.
    package func answer(to request: Request, reply: @escaping Reply) {
        var answer: Answer<StoredFile>
        do throws(Refusal) {
            guard let decided = try decide(request, later: reply) else { return }
            answer = decided
        } catch {
            answer = error.answer(to: request)
        }
        answer.origin = answer.fields[RequestedRelease.fieldName]
        reply(answer)
    }

    /// The answer; `nil` where `later` gets it.
    private func decide(_ request: Request, later: @escaping Reply) throws(Refusal) -> Answer<StoredFile>? {
        if request.path == [UInt8(ascii: "*")] {
            // Asterisk form: the server as a whole (RFC 9110 section 9.3.7).
            guard request.method == .options else { throw Refusal(.badRequest, "The target * goes with OPTIONS only.") }
            return allowing("GET, HEAD, POST, OPTIONS")
        }
        let path: TargetPath
        do throws(TargetPath.Fault) {
            path = try TargetPath(request.path)
        } catch {
            throw Refusal(error)
        }
        let route = Route(path)
        if request.method == .options, route != .unknown { return allowing(route.allow) }
        guard route.allows(request.method) else {
            throw Refusal(
                .methodNotAllowed,
                "Only \(route.allow) are allowed here.",
                fields: Fields([.init(name: "Allow", value: route.allow)])
            )
        }
        if case .action(let action) = route {
            try perform(action, request, reply: later)
            return nil
        }
        return try look(route, path: path, request: request)
    }

    private func look(
        _ route: Route,
        path: TargetPath,
        request: Request
    ) throws(Refusal) -> Answer<StoredFile> {
        switch route {
        case .health:
            return document(Array("ok\n".utf8), type: MediaType.plainText)
        case .status:
            return document(status().json)
        case .releases:
            // In this order: a publication in between adds a release to the list, and the active one stays in it.
            let active = volume.active
            return document(ReleaseSummary.document(ReleaseSummary.list(volume.releases(), active: active)))
        case .diff:
            return try difference(request)
        case .catalog:
            return try catalog(request)
        case .tree(let components):
            let release = try release(for: request)
            let place = TreePlace(
                release: release,
                components: components,
                path: path,
                isImmutable: false,
                target: request.path
            )
            return try answer(to: request, at: place)
        case .retained(let name, let components):
            let place = try retained(name, components: components, path: path, request: request)
            return try answer(to: request, at: place)
        // An action is performed, and there is nothing to look at.
        case .action, .unknown:
            throw Refusal(.notFound, "There is no such endpoint. Files of that name are under /-/releases/TAG/.")
        }
    }

    /// Lets those pass who may change things: whoever can open the socket on the volume, and users named in
    /// `listener.administrators`. What a page of another site has an administrator's browser send is none of theirs.
    func requireAdministrator(_ request: Request) throws(Refusal) {
        if request.peer == .local { return }
        guard request.isAdministrator else {
            throw Refusal(
                .forbidden,
                request.user == nil
                    ? "Only administrators may do this, and over the network none is known (listener.htpasswdFile is not "
                        + "set): run specman on the host, which goes through the socket on the volume."
                    : "Only administrators may do this (listener.administrators)."
            )
        }
        // Fetch Metadata; older browsers send Origin alone with such a request.
        let site = request.fields["Sec-Fetch-Site"] ?? "none"
        let origin = request.fields["Origin"]
        guard site == "none" || site == "same-origin",
            origin == nil || origin == request.fields["Host"].map({ "https://\($0)" })
        else { throw Refusal(.forbidden, "A page of another site may not do this.") }
    }

    /// The release that a request for a path of the active release is answered from: the one it names, else the active.
    func release(for request: Request) throws(Refusal) -> Release {
        if let requested = try requestedRelease(request) {
            if let active = volume.active, active.digest == requested.digest { return active }
            guard let release = volume.release(requested.digest) else { throw gone(requested) }
            return release
        }
        guard let active = volume.active else { throw .noRelease("/-/status") }
        return active
    }

    private func retained(
        _ name: [UInt8],
        components: [[UInt8]],
        path: TargetPath,
        request: Request
    ) throws(Refusal) -> TreePlace {
        let name = String(decoding: name, as: UTF8.self)
        guard let release = volume.release(named: name) else {
            throw Refusal(.notFound, "No retained release has this tag or digest; /-/releases lists them.")
        }
        // The URL names one release, the field another: no answer could be right.
        if let requested = try requestedRelease(request), requested.digest != release.digest { throw gone(requested) }
        // A tag can be given to another release, a digest can't.
        let isDigest = (Digest(name) ?? Digest(hex: name)) == release.digest
        return TreePlace(release: release, components: components, path: path, isImmutable: isDigest, target: nil)
    }

    private func requestedRelease(_ request: Request) throws(Refusal) -> RequestedRelease? {
        guard let value = request.fields[RequestedRelease.fieldName] else { return nil }
        guard let requested = RequestedRelease(value) else {
            throw Refusal(.badRequest, "Specman-Release takes sha256:HEX or TAG@sha256:HEX.")
        }
        return requested
    }

    private func gone(_ requested: RequestedRelease) -> Refusal {
        Refusal(
            .gone,
            "The release \(requested.digest) is not served here any more. Begin again with the active release.",
            fields: Fields([.init(name: "Vary", value: RequestedRelease.fieldName)])
        )
    }

    private func allowing(_ methods: String) -> Answer<StoredFile> {
        Answer(.noContent, fields: Fields([.init(name: "Allow", value: methods)]))
    }
}
