import Foundation

/// A key pair of the openssl command's, and what it signs.
package struct OpenSSLSigner: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case p256
        case p384
        case rsa
        case ed25519

        fileprivate var arguments: [String] {
            switch self {
            case .p256: ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
            case .p384: ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
            case .rsa: ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
            case .ed25519: ["ED25519"]
            }
        }
    }

    private let kind: Kind
    private let directory: TemporaryDirectory
    package var privateFile: String { directory.appending("key.pem") }
    package var publicFile: String { directory.appending("key.pub") }

    package init(_ kind: Kind = .p256) throws {
        self.kind = kind
        directory = try TemporaryDirectory()
        try Command.run("openssl", ["genpkey", "-algorithm"] + kind.arguments + ["-out", privateFile])
        try Command.run("openssl", ["pkey", "-in", privateFile, "-pubout", "-out", publicFile])
    }

    package var publicText: String { get throws { try String(contentsOfFile: publicFile, encoding: .utf8) } }

    /// The signature of `message`.
    package func sign(_ message: [UInt8], digest: String = "sha256") throws -> [UInt8] {
        let scratch = try TemporaryDirectory()
        let file = scratch.appending("message")
        try Data(message).write(to: URL(fileURLWithPath: file))
        let arguments =
            kind == .ed25519
            ? ["pkeyutl", "-sign", "-rawin", "-inkey", privateFile, "-in", file]
            : ["dgst", "-\(digest)", "-sign", privateFile, file]
        return try Command.run("openssl", arguments).out
    }

    /// Whether the openssl command takes `signature` for one of `message`.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) throws -> Bool {
        let scratch = try TemporaryDirectory()
        let files = (scratch.appending("message"), scratch.appending("signature"))
        try Data(message).write(to: URL(fileURLWithPath: files.0))
        try Data(signature).write(to: URL(fileURLWithPath: files.1))
        let arguments =
            kind == .ed25519
            ? ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", publicFile, "-in", files.0, "-sigfile", files.1]
            : ["dgst", "-sha256", "-verify", publicFile, "-signature", files.1, files.0]
        return try Command.output("openssl", arguments).status == 0
    }
}

/// Signatures as cosign's specification has them, written by hand.
package enum CosignFormat {
    package static let payloadType = "application/vnd.dev.cosign.simplesigning.v1+json"

    /// One payload with its signature.
    package struct Layer: Sendable {
        package var payload: [UInt8]
        /// In base64.
        package var signature: String?
        package var mediaType = CosignFormat.payloadType
        /// What the manifest says of the payload where that is not the truth.
        package var digest: String?
        package var size: Int?

        package init(_ payload: [UInt8], signature: String?) {
            self.payload = payload
            self.signature = signature
        }

        /// A good one.
        package init(_ digest: String, signer: OpenSSLSigner) throws {
            let payload = CosignFormat.payload(digest)
            self.init(payload, signature: Data(try signer.sign(payload)).base64EncodedString())
        }
    }

    package static func payload(_ digest: String, type: String = "cosign container image signature") -> [UInt8] {
        Array(
            #"""
            {"critical":{"identity":{"docker-reference":"registry.example/a"},"image":{"docker-manifest-digest":"\#(digest)"},"type":"\#(type)"},"optional":{"by":"a test"}}
            """#.utf8
        )
    }

    package static func tag(of digest: String) -> String { digest.replacing(":", with: "-") + ".sig" }

    package static let config = Array(#"{"architecture":"","os":"","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)

    /// The manifest of the signatures.
    package static func manifest(_ layers: [Layer], subject: String? = nil) throws -> [UInt8] {
        let parts = try layers.map { layer in
            let annotations = layer.signature.map {
                #","annotations":{"dev.cosignproject.cosign/signature":"\#($0)"}"#
            }
            return try #"{"mediaType":"\#(layer.mediaType)","size":\#(layer.size ?? layer.payload.count),"#
                + #""digest":"\#(layer.digest ?? sum(layer.payload))"\#(annotations ?? "")}"#
        }
        let about = subject.map {
            #","artifactType":"application/vnd.dev.cosign.artifact.sig.v1+json","subject":{"#
                + #""mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":"\#($0)"}"#
        }
        let text = try #"""
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":\#(config.count),"digest":"\#(sum(config))"},"layers":[\#(parts.joined(separator: ","))]\#(about ?? "")}
        """#
        return Array(text.utf8)
    }

    /// `sha256:…`.
    package static func sum(_ bytes: [UInt8]) throws -> String {
        let text = try Command.run("sha256sum", [], input: bytes).text
        return "sha256:" + text.prefix(64)
    }

    /// Pushes signatures with curl to a registry that speaks plain HTTP, and gives their manifest's digest.
    @discardableResult
    package static func push(
        _ layers: [Layer],
        to repository: String,
        of digest: String,
        as reference: String? = nil,
        subject: String? = nil
    ) throws -> String {
        let parts = repository.split(separator: "/", maxSplits: 1)
        let base = "http://\(parts[0])/v2/\(parts[1])"
        for blob in layers.map(\.payload) + [config] {
            let head = try Command.run(
                "curl",
                ["-sSf", "-D", "-", "-o", "/dev/null", "-X", "POST", "\(base)/blobs/uploads/"]
            )
            guard
                let location = head.text.split(whereSeparator: \.isNewline)
                    .first(where: { $0.lowercased().hasPrefix("location:") })
            else { throw Command.Failure(description: "no upload session: \(head.text)") }
            let url = location.dropFirst("location:".count).trimmingCharacters(in: .whitespaces)
            try Command.run(
                "curl",
                [
                    "-sSf", "-X", "PUT", "-H", "Content-Type: application/octet-stream", "--data-binary", "@-",
                    "\(url)&digest=\(sum(blob))",
                ],
                input: blob
            )
        }
        let manifest = try manifest(layers, subject: subject)
        try put(
            manifest,
            "application/vnd.oci.image.manifest.v1+json",
            "\(base)/manifests/\(reference ?? tag(of: digest))"
        )
        return try sum(manifest)
    }

    /// Pushes a manifest or an index with curl.
    package static func put(_ manifest: [UInt8], _ mediaType: String, _ url: String) throws {
        let arguments = ["-sSf", "-X", "PUT", "-H", "Content-Type: \(mediaType)", "--data-binary", "@-", url]
        try Command.run("curl", arguments, input: manifest)
    }
}
