internal import Archive
internal import Content
internal import Platform
internal import Registry

/// `specman push`: a directory or an archive, as an artifact that ORAS would have made.
package enum PushCommand {
    /// The title of a directory's archive, as Palette's guide has it.
    private static let title = "manifests.tgz"
    /// For the whole push; registries far away take their time.
    private static let patience: Duration = .seconds(6 * 3600)

    /// - Parameter key: a file with the private key that the release is signed with; `nil` for no signature.
    /// - Returns: a line that says what was pushed where.
    /// - Throws: ``CommandFailure``.
    package static func run(
        path: String,
        reference text: String,
        signingKey: String? = nil,
        configuration: Configuration
    ) throws -> String {
        let reference: Reference
        do throws(Reference.Fault) {
            reference = try Reference(text)
        } catch {
            throw CommandFailure(
                "pushing to \(text): no reference; write HOST[:PORT]/NAME:TAG or oci-layout:DIR:TAG",
                .usage
            )
        }
        guard let tag = reference.tag else {
            throw CommandFailure("pushing to \(text): a tag is missing; write \(reference.location):1.0.0", .usage)
        }
        Signals.ignoreBrokenPipes()
        do {
            let signature = try signingKey.map(SigningKeyFile.read)
            let archive = try payload(of: path, limits: ArchiveLimits(configuration.storage))
            let options = configuration.source.options(pushingTo: reference.location, configuration.settings)
            let target = try openTarget(reference.location, options: options)
            let layer = ArtifactManifest.layer(digest: try archive.digest(), size: archive.size, title: archive.title)
            let created = try sourceDate() ?? .current()
            let deadline = Deadline(after: patience)
            if let signature {
                // Before the release, which no daemon that wants a signature shall see without.
                let bytes = try ArtifactManifest.bytes(layers: [layer], created: created)
                _ = try signature.push(of: try ArtifactManifest.digest(of: bytes), to: target, before: deadline)
            }
            let digest = try ArtifactManifest.push(
                layers: [layer],
                as: tag,
                created: created,
                to: target,
                before: deadline
            ) { _, offset, limit in
                ProgressLine.shared.show("pushing \(archive.title)", offset, of: archive.size)
                return try archive.read(at: offset, limit: min(limit, Payload.bufferSize))
            }
            let signed = signingKey.map { ", signed with \($0)" } ?? ""
            return "pushed \(reference.location):\(tag) \(digest) "
                + "(\(archive.title), \(ByteCount.format(archive.size))\(signed))"
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure("pushing \(path) to \(text): \(error)")
        }
    }

    /// What is packed or taken of `path`.
    static func payload(of path: String, limits: ArchiveLimits) throws -> Payload {
        let kind: FileStatus.Kind
        do throws(SystemError) {
            // A named pipe would keep the opening waiting for its writer.
            kind = try FileDescriptor.open(path, [.readOnly, .nonBlocking]).status().kind
        } catch {
            throw CommandFailure("packing \(path): \(error.reason); give a directory or an archive that can be read")
        }
        switch kind {
        case .directory:
            return try Payload.packing(path, title: title) { files, name in
                ProgressLine.shared.show("packing, \(files) files: \(name)")
            }
        case .file:
            return try Payload.taking(path, limits: limits) { read, size in
                ProgressLine.shared.show("reading \(path)", read, of: size)
            }
        default: throw CommandFailure("packing \(path): it is neither a directory nor a file")
        }
    }

    /// What `SOURCE_DATE_EPOCH` says, for builds that shall come out the same; `nil` where it is not set.
    ///
    /// Specification: reproducible-builds.org, `SOURCE_DATE_EPOCH`.
    static func sourceDate() throws -> Timestamp? {
        guard let text = ProcessFacts.environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return nil }
        guard let seconds = Int64(text), (0...253_402_300_799).contains(seconds) else {
            throw CommandFailure("SOURCE_DATE_EPOCH is \"\(text)\"; it must be seconds since 1970, or unset", .usage)
        }
        return Timestamp(seconds: seconds)
    }
}
