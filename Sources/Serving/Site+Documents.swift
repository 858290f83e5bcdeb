internal import Content
internal import HTTP
internal import Store

/// The answers that are documents about the daemon and its releases, never kept by a cache.
extension Site {
    func document(
        _ bytes: [UInt8],
        type: String = MediaType.json,
        status: Status = .ok
    ) -> Answer<StoredFile> {
        var fields = Fields()
        fields.append("Content-Type", type)
        fields.append("X-Content-Type-Options", "nosniff")
        fields.append("Cache-Control", "no-store")
        return Answer(status, fields: fields, body: .bytes(bytes))
    }

    /// `/v1/_catalog`: the top directories, in the form in which a registry lists its repositories, as scripts made for
    /// the custom pack registry ask for them.
    func catalog(_ request: Request) throws(Refusal) -> Answer<StoredFile> {
        let release = try release(for: request)
        var names: [[UInt8]] = []
        do throws(StoreError) {
            var start: [UInt8]? = []
            while let name = start {
                let part = try release.entries(of: .root, after: name, limit: Self.mostSorted)
                names += part.entries.filter { $0.record.kind == .directory }.map(\.name)
                start = part.next
            }
        } catch {
            throw unreadable(error)
        }
        var answer = document(
            JSONWriter.document { json in
                json.object { json in
                    json.name("repositories")
                    json.array { json in
                        for name in names { json.value(String(decoding: name, as: UTF8.self)) }
                    }
                }
            }
        )
        answer.fields.append(RequestedRelease.fieldName, release.reference)
        return answer
    }

    /// `/-/diff?from=A&to=B`, where each is a tag or a digest.
    func difference(_ request: Request) throws(Refusal) -> Answer<StoredFile> {
        guard let query = QueryParameters(request.query), let from = query["from"], let to = query["to"] else {
            throw Refusal(.badRequest, "Name two releases by tag or digest: /-/diff?from=A&to=B.")
        }
        let active = volume.active
        func summary(_ release: Release) -> ReleaseSummary {
            ReleaseSummary(release, active: release.id == active?.id)
        }
        guard let old = volume.release(named: from), let new = volume.release(named: to) else {
            throw Refusal(.notFound, "No retained release has this tag or digest; /-/releases lists them.")
        }
        let difference: ReleaseDifference
        do throws(StoreError) {
            difference = try old.difference(to: new, limit: DiffDocument.mostFiles)
        } catch {
            throw unreadable(error)
        }
        return document(DiffDocument(from: summary(old), to: summary(new), difference: difference).json)
    }

    /// 500, with the cause in the daemon's log: what a file system has to say is no client's business.
    func unreadable(_ error: StoreError) -> Refusal {
        options.report(error.description)
        return Refusal(.internalServerError, "The volume could not be read. The daemon's log tells why.")
    }
}
