package import Content
internal import Curl

/// Pushing.
///
/// Specification: OCI distribution-spec, "Pushing a blob monolithically: POST then PUT", "Pushing Manifests".
extension DistributionClient {
    /// The longest answer to a push, in bytes; it should be empty.
    private static let pushAnswerLimit = 64 << 10

    package func upload(
        _ descriptor: Descriptor,
        before deadline: Deadline,
        read: (_ offset: Int64, _ limit: Int) throws -> [UInt8]
    ) throws {
        if try contains(descriptor, before: deadline) { return }
        var patience = Patience(options.retry, deadline: deadline)
        let attempt = "pushing the blob \(descriptor.digest) to \(location)"
        while true {
            try deadline.check(attempt)
            let session = try beginUpload(before: deadline)
            do {
                if try put(descriptor, to: session, attempt, before: deadline, patience: &patience, read: read) {
                    return
                }
            } catch let error as TransferError {
                // A session that broke is not taken up again: its state is the registry's secret.
                try again(after: error, attempt: attempt, patience: &patience)
            }
        }
    }

    package func putManifest(
        _ bytes: [UInt8],
        mediaType: String,
        tag: Tag,
        before deadline: Deadline
    ) throws(RegistryError) -> Digest {
        let attempt = "pushing the manifest \(location):\(tag)"
        guard bytes.count <= Manifest.limit else {
            throw .tooLarge("the manifest \(location):\(tag)", limit: Int64(Manifest.limit))
        }
        let call = Call(
            method: .put,
            url: try url("manifests/\(tag)"),
            fields: [("Content-Type", mediaType)],
            body: .bytes(bytes),
            limit: Self.pushAnswerLimit,
            access: .push,
            attempt: attempt
        )
        let digest = try Digest.sum(of: bytes)
        let (response, body) = try send(call, before: deadline)
        guard (200...299).contains(response.status) else { throw failure(response, body, attempt: attempt) }
        if let stored = response["Docker-Content-Digest"].flatMap({ Digest($0) }), stored != digest {
            throw .digestMismatch("the manifest that \(location) stored", expected: digest, actual: stored)
        }
        return digest
    }

    private func contains(_ descriptor: Descriptor, before deadline: Deadline) throws(RegistryError) -> Bool {
        let call = Call(
            method: .head,
            url: try url("blobs/\(descriptor.digest)"),
            access: .push,
            attempt: "looking for the blob \(descriptor.digest) in \(location)"
        )
        // Anything but a plain yes means: upload. Some registries answer HEAD with 401 or 403 though they take the blob;
        // where the credentials are wrong indeed, the upload comes to the same.
        do throws(RegistryError) {
            return try send(call, before: deadline).response.status == 200
        } catch .wrongCredentials, .authenticationRequired, .tokenNotAccepted {
            return false
        }
    }

    /// Opens an upload session and returns its URL, which belongs to whomever the registry names.
    private func beginUpload(before deadline: Deadline) throws(RegistryError) -> TransferURL {
        let attempt = "beginning an upload to \(location)"
        let url = try url("blobs/uploads/")
        let call = Call(method: .post, url: url, limit: Self.pushAnswerLimit, access: .push, attempt: attempt)
        let (response, body) = try send(call, before: deadline)
        guard response.status == 202 else { throw failure(response, body, attempt: attempt) }
        guard let session = response["Location"].flatMap({ url.resolving($0) }) else {
            throw .malformed("the answer of \(response.url.origin) to \(attempt)", reason: "it has no Location")
        }
        guard base.origin.scheme == "http" || session.origin.scheme == "https" else {
            throw .malformed(
                "the answer of \(response.url.origin) to \(attempt)",
                reason: "it falls from https to http"
            )
        }
        return session
    }

    /// Sends the blob; `false` where it is worth another attempt.
    private func put(
        _ descriptor: Descriptor,
        to session: TransferURL,
        _ attempt: String,
        before deadline: Deadline,
        patience: inout Patience,
        read: (_ offset: Int64, _ limit: Int) throws -> [UInt8]
    ) throws -> Bool {
        let separator = session.description.contains("?") ? "&" : "?"
        guard let url = TransferURL("\(session)\(separator)digest=\(descriptor.digest)") else {
            throw RegistryError.malformed("the upload session of \(location)", reason: "its URL is too long")
        }
        return try withoutActuallyEscaping(read) { read in
            let call = Call(
                method: .put,
                url: url,
                fields: [("Content-Type", "application/octet-stream")],
                body: .reader(size: descriptor.size, read: read),
                access: .push,
                attempt: attempt
            )
            var body: [UInt8] = []
            let response = try transfers.perform(
                try request(for: call, before: deadline, patience: &patience)
            ) { _, bytes in
                if body.count + bytes.byteCount <= Self.pushAnswerLimit { body.append(bytes) }
            }
            observed(response.url, response.status)
            guard try isFinal(response, body: body, of: call, patience: &patience) else { return false }
            guard (200...299).contains(response.status) else { throw failure(response, body, attempt: attempt) }
            return true
        }
    }
}
