internal import Content
internal import HTTP
internal import Store

/// The answers that are about a directory as a whole: listings and archives.
extension Site {
    /// Up to how many names a listing is sorted, and made in one piece: some hundred KiB. Beyond, it is sent as the index
    /// has it while it is read.
    static let mostSorted = 1000
    /// In bytes: up to here a listing is worth keeping ready, as a file of that size is.
    private static let keptSize = 64 << 10

    /// A listing, or 403 where listings are off: the directory is there, and its files may be asked for by name, so
    /// that 404 would mislead whoever looks for the fault.
    func listing(
        of directory: FileRecord,
        request: Request,
        at place: TreePlace
    ) throws(Refusal) -> Answer<StoredFile> {
        let form = Listing.Form(accept: request.fields["Accept"])
        var fields = place.fields
        fields.append("Vary", "Accept, " + RequestedRelease.fieldName)
        if let answer = try unchanged("\(form)", &fields, request: request, at: place) { return answer }
        fields.append("Content-Type", form.contentType)
        if form == .html { fields.append("Content-Security-Policy", ListingPage.contentSecurityPolicy) }

        let subject = ListingWriter.Subject(
            components: place.components,
            tag: place.release.tag,
            digest: place.release.digest
        )
        let part: (entries: [DirectoryEntry], next: [UInt8]?)
        do throws(StoreError) {
            part = try place.release.entries(of: directory.path, after: [], limit: Self.mostSorted + 1)
        } catch {
            throw unreadable(error)
        }
        guard part.next == nil else {
            let writer = ListingWriter(form, of: subject, order: nil)
            let source = ListingSource(directory.path, of: place.release, writer: writer, report: options.report)
            return Answer(.ok, fields: fields, body: .pieces(source))
        }
        let bytes = ListingWriter.document(
            form,
            of: subject,
            part.entries.map(Listing.Entry.init),
            order: ListingOrder(query: request.query)
        )
        return Answer(
            .ok,
            fields: fields,
            body: .bytes(bytes),
            isRepeatable: bytes.count <= Self.keptSize && request.fields[RequestedRelease.fieldName] == nil
        )
    }

    /// `?archive=tgz`: the directory and all below it, as a gzip of a tar.
    func archive(
        _ kind: String,
        of directory: FileRecord,
        request: Request,
        at place: TreePlace
    ) throws(Refusal) -> Answer<StoredFile> {
        guard kind == "tgz" else { throw Refusal(.badRequest, "The only archive there is: ?archive=tgz.") }
        var fields = place.fields
        fields.append("Vary", RequestedRelease.fieldName)
        if let answer = try unchanged("tgz", &fields, request: request, at: place) { return answer }
        let name = place.components.last.map { String(decoding: $0, as: UTF8.self) } ?? "release"
        let safe = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        fields.append("Content-Type", "application/gzip")
        fields.append("Content-Disposition", "attachment; filename=\"\(safe)-\(place.release.tag).tar.gz\"")
        // Asked for before a slot is taken that only the end of a body would give back.
        if request.method == .head { return Answer(.ok, fields: fields, body: .pieces(NoBody())) }
        guard let source = options.archive(place.release, directory.path, request.peer) else {
            throw Refusal(
                .serviceUnavailable,
                "Too many archives are being made; come again later.",
                fields: Fields([.init(name: "Retry-After", value: String(retryAfterSeconds))])
            )
        }
        return Answer(.ok, fields: fields, body: .pieces(source))
    }

    /// 304 or 412 where the request says so, 403 where listings are off; `nil`, and the tag in `fields`, where the
    /// directory's content is to be sent.
    private func unchanged(
        _ form: String,
        _ fields: inout Fields,
        request: Request,
        at place: TreePlace
    ) throws(Refusal) -> Answer<StoredFile>? {
        guard options.listing else {
            throw Refusal(.forbidden, "Directories are not listed here (listener.listing is false).")
        }
        // The bytes may change with the program, their meaning only with the release.
        let tag = EntityTag(opaque: "\(place.release.digest.hex)-\(place.release.tag)-\(form)", isWeak: true)
        fields.append("ETag", tag.description)
        let outcome = Preconditions.evaluate(
            method: request.method,
            // Ranges of a document that is made anew each time are not worth having.
            fields: Fields(request.fields.lines.filter { $0.name.lowercased() != "range" }),
            stored: StoredFacts(entityTag: tag, lastModified: nil, size: 0),
            now: options.clock()
        )
        switch outcome {
        case .notModified: return Answer(.notModified, fields: fields)
        case .preconditionFailed:
            throw Refusal(.preconditionFailed, "The directory isn't the one that the request is about.", fields: fields)
        default: return nil
        }
    }
}

/// The body of an answer to HEAD, whose length is as unknown as that of the answer to GET.
private final class NoBody: BodySource {
    func next() -> [UInt8] { [] }
}
