package import Content
internal import FoundationEssentials
internal import OpenSSL

/// Signing a release as cosign does.
package struct ArtifactSignature {
    private let key: PrivateKey

    /// The longest private key file, in bytes; one of RSA 16384 has 13 KiB.
    package static let longestKey = 64 << 10

    /// Reads a PEM private key.
    ///
    /// - Parameters:
    ///   - name: how an error names it.
    ///   - passphrase: asked once, where the key is encrypted.
    /// - Throws: `RegistryError.internalFailure` where it can't be used, or what `passphrase` threw.
    package init(pem: [UInt8], name: String, passphrase: () throws -> String) throws {
        if let key = try Self.read(pem, name: name, passphrase: nil) {
            self.key = key
        } else if let key = try Self.read(pem, name: name, passphrase: try passphrase()) {
            self.key = key
        } else {
            throw RegistryError.internalFailure(
                attempt: "reading the signing key \(name)",
                reason: "it stays encrypted"
            )
        }
    }

    /// `nil` where the key is encrypted and there is no passphrase yet.
    private static func read(
        _ pem: [UInt8],
        name: String,
        passphrase: String?
    ) throws(RegistryError) -> PrivateKey? {
        do throws(KeyError) {
            return try PrivateKey(pem: pem, passphrase: passphrase.map { Array($0.utf8) })
        } catch {
            if error == .encrypted { return nil }
            throw .internalFailure(attempt: "reading the signing key \(name)", reason: "\(error)")
        }
    }

    /// Signs the manifest with `digest` and pushes the signature, beside those that are there.
    ///
    /// A release may be pushed after its signature, so that nobody sees it without one.
    ///
    /// - Returns: whether there was none of this key before.
    package func push<Target: PushTarget & ReleaseSource>(
        of digest: Digest,
        to target: Target,
        before deadline: Deadline
    ) throws -> Bool {
        guard let tag = Cosign.tag(of: digest) else {
            throw RegistryError.internalFailure(attempt: "signing \(digest)", reason: "it makes no tag")
        }
        let payload = try JSON.encode(
            SignedPayload(digest: digest, reference: "\(target.location)"),
            attempt: "signing \(digest)"
        )
        var layers = try present(tag, in: target, before: deadline)
        let payloadDigest = try Digest.sum(of: payload)
        let own = try publicKey
        let isThere = layers.contains { layer in
            layer.digest == payloadDigest
                && layer.annotations[Cosign.signature].flatMap { Data(base64Encoded: $0) }
                    .map { own.verifies(Array($0), of: payload) } ?? false
        }
        if isThere { return false }
        let signature: [UInt8]
        do throws(OpenSSLError) {
            signature = try key.sign(payload)
        } catch {
            throw RegistryError.internalFailure(attempt: "signing \(digest)", reason: "\(error)")
        }
        layers.append(
            Descriptor(
                mediaType: Cosign.payloadType,
                digest: payloadDigest,
                size: Int64(payload.count),
                annotations: [Cosign.signature: Data(signature).base64EncodedString()]
            )
        )
        let config = try JSON.encode(Config(layers.map(\.digest)), attempt: "signing \(digest)")
        let configDescriptor = Descriptor(
            mediaType: Cosign.configType,
            digest: try Digest.sum(of: config),
            size: Int64(config.count)
        )
        try Self.upload(payload, layers[layers.count - 1], to: target, before: deadline)
        try Self.upload(config, configDescriptor, to: target, before: deadline)
        let manifest = try ArtifactManifest.bytes(config: configDescriptor, layers: layers, annotations: [:])
        _ = try target.putManifest(manifest, mediaType: MediaType.imageManifest, tag: tag, before: deadline)
        return true
    }

    private var publicKey: PublicKey {
        get throws {
            do {
                return try key.publicKey
            } catch {
                throw RegistryError.internalFailure(attempt: "signing", reason: "\(error)")
            }
        }
    }

    /// The signatures that stand under the tag.
    private func present(
        _ tag: Tag,
        in target: some ReleaseSource,
        before deadline: Deadline
    ) throws(RegistryError) -> [Descriptor] {
        do throws(RegistryError) {
            return try target.manifest(.tag(tag), before: deadline).layers
        } catch {
            switch error {
            case .noSuchTag, .noSuchRepository, .notALayout: return []
            default: throw error
            }
        }
    }

    private static func upload(
        _ bytes: [UInt8],
        _ descriptor: Descriptor,
        to target: some PushTarget,
        before deadline: Deadline
    ) throws {
        try target.upload(descriptor, before: deadline) { offset, limit in
            Array(bytes.dropFirst(Int(offset)).prefix(limit))
        }
    }

    /// The config that cosign writes: of an image without anything but its layers.
    private struct Config: Encodable {
        struct Root: Encodable {
            var type = "layers"
            var diff_ids: [String]
        }
        struct Empty: Encodable {}
        struct Step: Encodable {
            var created = Config.never
        }

        static let never = "0001-01-01T00:00:00Z"
        var architecture = ""
        var config = Empty()
        var created = Config.never
        var history: [Step]
        var os = ""
        var rootfs: Root

        init(_ layers: [Digest]) {
            history = layers.map { _ in Step() }
            rootfs = Root(diff_ids: layers.map(\.description))
        }
    }
}
