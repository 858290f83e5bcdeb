internal import Content
internal import HTTP
internal import Store

/// A path in a release, as a request names it.
struct TreePlace: Sendable {
    let release: Release
    /// Below the release's root, decoded.
    let components: [[UInt8]]
    /// The whole path of the target.
    let path: TargetPath
    /// Whether the URL names the release by its digest, so that what is there never changes.
    let isImmutable: Bool
    /// The path as it was sent, where it stands for what the active release has there.
    let target: [UInt8]?

    /// The fields that every answer from a release has, whatever its status.
    var fields: Fields {
        var fields = Fields()
        // As many as an answer comes to have, so that they are moved no more.
        fields.lines.reserveCapacity(16)
        fields.append(RequestedRelease.fieldName, release.reference)
        // Without this a cache may go on giving a file out by heuristics (RFC 9111 section 4.2.2) when a newer release
        // is served, and mix two releases.
        fields.append("Cache-Control", isImmutable ? "max-age=31536000, immutable" : "no-cache")
        fields.append("X-Content-Type-Options", "nosniff")
        return fields
    }
}

/// The answers that come from a release: files and redirects.
extension Site {
    private static let indexName = Array("index.html".utf8)

    func answer(to request: Request, at place: TreePlace) throws(Refusal) -> Answer<StoredFile> {
        guard let path = Self.path(of: place.components), let record = try lookup(path, in: place) else {
            throw notFound(at: place)
        }
        switch record.kind {
        case .file:
            // `/file/` asks for a directory of that name.
            guard !place.path.hasTrailingSlash else { throw notFound(at: place) }
            return try file(record, name: path.name, request: request, at: place)
        case .directory:
            let archive = QueryParameters(request.query)?["archive"]
            // References in an index or a listing are relative to the directory, so its path has to end in a slash.
            guard place.path.hasTrailingSlash else { return redirect(request, at: place) }
            if let archive { return try self.archive(archive, of: record, request: request, at: place) }
            // Where the name would go beyond a limit, no such file can be there.
            if let index = try? path.appending(Self.indexName), let record = try lookup(index, in: place),
                record.kind == .file
            {
                return try file(record, name: Self.indexName[...], request: request, at: place)
            }
            return try listing(of: record, request: request, at: place)
        }
    }

    /// The path in a release that `components` are; `nil` where it is beyond what one may hold, so that nothing is there.
    static func path(of components: [[UInt8]]) -> ReleasePath? {
        var joined: [UInt8] = []
        for component in components {
            if !joined.isEmpty { joined.append(UInt8(ascii: "/")) }
            joined += component
        }
        return try? ReleasePath(joined)
    }

    /// The media type of `record`, which was found under `name`: a link's own name tells more than that of the file it leads
    /// to, where it tells anything.
    static func type(of record: FileRecord, name: ArraySlice<UInt8>) -> String {
        MediaType.known(name) ?? MediaType.forFile(named: record.path.name)
    }

    private func lookup(_ path: ReleasePath, in place: TreePlace) throws(Refusal) -> FileRecord? {
        do throws(StoreError) {
            return try place.release.lookup(path)
        } catch {
            throw unreadable(error)
        }
    }

    private func notFound(at place: TreePlace) -> Refusal {
        // Below the release's root: under /-/releases/TAG/ the rest of the URL is no path of the release.
        let path = place.components.map { "/" + PercentCoding.encode(component: $0) }.joined()
        return Refusal(
            .notFound,
            "Release \(place.release.tag) has no \(path)\(place.path.hasTrailingSlash ? "/" : "").",
            fields: place.fields
        )
    }

    /// 301 to the same path with a slash after it: path and query only, so that it holds behind any name and proxy.
    private func redirect(_ request: Request, at place: TreePlace) -> Answer<StoredFile> {
        var location = place.path.encoded(asDirectory: true)
        if let query = request.query { location += "?" + PercentCoding.normalize(query: query) }
        var fields = place.fields
        fields.append("Location", location)
        fields.append("Vary", RequestedRelease.fieldName)
        fields.append("Content-Type", MediaType.plainText)
        return Answer(.movedPermanently, fields: fields, body: .bytes(Array("\(location)\n".utf8)))
    }

    private func file(
        _ record: FileRecord,
        name: ArraySlice<UInt8>,
        request: Request,
        at place: TreePlace
    ) throws(Refusal) -> Answer<StoredFile> {
        guard let digest = record.digest else {
            options.report("serving \(record.path) of release \(place.release.tag): the index has no digest of it")
            throw Refusal(.internalServerError, "The volume's index is damaged. The daemon's log tells more.")
        }
        let type = Self.type(of: record, name: name)
        let finding = try gzipForm(of: record, digest: digest, type: type, request: request, in: place.release)
        var gzip: GzipForms.Form?
        var isSettled = true
        switch finding {
        case .form(let form): gzip = form
        case .nothing: break
        case .busy: isSettled = false
        }
        let tag = EntityTag(opaque: gzip == nil ? digest.hex : digest.hex + "-gzip")
        let size = gzip.map { Int64($0.bytes.count) } ?? record.size
        let stored = StoredFacts(entityTag: tag, lastModified: record.modified, size: size)
        var fields = place.fields
        fields.append("ETag", tag.description)
        // Publications in quick succession have seconds of their own, some ahead of the clock; no answer may say that its
        // content is newer than itself (RFC 9110 section 8.8.2.1).
        let now = options.clock()
        fields.append("Last-Modified", HTTPDate.format(min(record.modified, now)))
        let hasForms = mayHaveGzipForm(record, type: type)
        fields.append("Vary", (hasForms || gzip != nil ? "Accept-Encoding, " : "") + RequestedRelease.fieldName)
        let outcome = Preconditions.evaluate(
            method: request.method,
            fields: request.fields,
            stored: stored,
            now: now
        )
        let isRepeatable = isSettled && request.fields[RequestedRelease.fieldName] == nil && record.modified <= now
        switch outcome {
        case .notModified:
            // What describes the content stays away, as the client has it (RFC 9110 section 15.4.5).
            return Answer(.notModified, fields: fields, isRepeatable: isRepeatable)
        case .preconditionFailed:
            throw Refusal(.preconditionFailed, "The file isn't the one that the request is about.", fields: fields)
        case .rangeNotSatisfiable:
            fields.append("Content-Range", ByteRange.unsatisfied(of: size))
            fields.append("Accept-Ranges", "bytes")
            throw Refusal(.rangeNotSatisfiable, "The file has \(record.size) bytes.", fields: fields)
        case .perform, .partial:
            break
        }
        fields.append("Accept-Ranges", "bytes")
        let wantsSum = WantReprDigest.wantsSHA256(request.fields[WantReprDigest.fieldName])
        if wantsSum {
            fields.append(ReprDigest.fieldName, ReprDigest.value(of: gzip?.digest ?? digest))
        }
        var families: RecentFiles.Families?
        if case .perform = outcome, let target = place.target, isRepeatable, wantsSum {
            families =
                recentFiles.remember(target, record, type: type, hasForms: hasForms, of: place.release)?.families
        }
        if let gzip {
            fields.append("Content-Type", type)
            fields.append("Content-Encoding", "gzip")
            var answer = Answer<StoredFile>(
                .ok,
                fields: fields,
                body: .bytes(gzip.bytes),
                isRepeatable: isRepeatable
            )
            answer.family = hasForms ? families?.gzip : nil
            return answer
        }
        let content = try open(record, in: place.release)
        if case .partial(let ranges) = outcome {
            let body = part(ranges, of: content, record: record, digest: digest, type: type, fields: &fields)
            return Answer(.partialContent, fields: fields, body: body)
        }
        fields.append("Content-Type", type)
        var answer = Answer(
            .ok,
            fields: fields,
            body: .file(content, offset: 0, count: record.size),
            isRepeatable: isRepeatable
        )
        answer.family = families?.identity
        return answer
    }

    /// The body of 206, and the fields that go with it: one part as it is, several as `multipart/byteranges` (RFC 9110
    /// section 15.3.7).
    private func part(
        _ ranges: [ByteRange],
        of content: StoredFile,
        record: FileRecord,
        digest: Digest,
        type: String,
        fields: inout Fields
    ) -> Answer<StoredFile>.Body {
        if let range = ranges.first, ranges.count == 1 {
            fields.append("Content-Type", type)
            fields.append("Content-Range", range.contentRange(of: record.size))
            return .file(content, offset: range.offset, count: range.count)
        }
        let parts = MultipartByteRanges(ranges, of: record.size, contentType: type, digest: digest.hex)
        fields.append("Content-Type", parts.fieldValue)
        return .parts(parts.parts(of: content))
    }

    /// The gzip form, where the client takes it and the file has one.
    ///
    /// Ranges are of the content as it is: a part of a gzip stream is of no use to anybody.
    private func gzipForm(
        of record: FileRecord,
        digest: Digest,
        type: String,
        request: Request,
        in release: Release
    ) throws(Refusal) -> GzipForms.Finding {
        guard options.compression, request.fields["Range"] == nil else { return .nothing }
        let preference = ContentCoding.preference(request.fields["Accept-Encoding"])
        guard preference != .identity, preference == .onlyGzip || mayHaveGzipForm(record, type: type) else {
            return .nothing
        }
        do throws(StoreError) {
            return try gzipForms.form(of: digest, always: preference == .onlyGzip) { () throws(StoreError) in
                try release.content(of: record, limit: GzipForms.largest)
            }
        } catch {
            throw unreadable(error)
        }
    }

    func mayHaveGzipForm(_ record: FileRecord, type: String) -> Bool {
        options.compression && record.size > GzipForms.smallest && record.size <= Int64(GzipForms.largest)
            && MediaType.isText(type)
    }

    private func open(_ record: FileRecord, in release: Release) throws(Refusal) -> StoredFile {
        do throws(StoreError) {
            return try release.open(record)
        } catch {
            throw unreadable(error)
        }
    }
}
