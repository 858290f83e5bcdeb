import Content
import Foundation
import TestSupport
import Testing

@testable import Registry

/// Which signatures count and which don't, on layouts whose every byte is made here.
struct SignatureVerifierTests {
    private let scratch: TemporaryDirectory
    private let layout: LayoutDirectory
    private let digest: Digest
    private let signer: OpenSSLSigner

    init() throws {
        scratch = try TemporaryDirectory()
        layout = LayoutDirectory(scratch.appending("l"))
        digest = try Fixture.push("1.0.0", "a", created: 1, to: layout)
        signer = try OpenSSLSigner()
    }

    private func good() throws -> CosignFormat.Layer { try CosignFormat.Layer("\(digest)", signer: signer) }

    private func upload(_ bytes: [UInt8]) throws {
        let descriptor = Descriptor(mediaType: "", digest: try Digest.sum(of: bytes), size: Int64(bytes.count))
        try layout.upload(descriptor, before: Fixture.deadline) { Array(bytes.dropFirst(Int($0)).prefix($1)) }
    }

    /// Stores signatures under a tag, by default the one that they are found by.
    @discardableResult
    private func attach(_ layers: [CosignFormat.Layer], tag: String? = nil, subject: String? = nil) throws -> Digest {
        for layer in layers { try upload(layer.payload) }
        try upload(CosignFormat.config)
        return try layout.putManifest(
            try CosignFormat.manifest(layers, subject: subject),
            mediaType: MediaType.imageManifest,
            tag: Fixture.tag(tag ?? CosignFormat.tag(of: "\(digest)")),
            before: Fixture.deadline
        )
    }

    private func verify(_ verifier: SignatureVerifier? = nil) throws -> String {
        let verifier = verifier ?? SignatureVerifier(TrustedKeys([signer.publicFile]))
        return try verifier.verify(digest, as: "r:1.0.0", from: layout, before: Fixture.deadline).key
    }

    /// Why the signatures don't count.
    private func reason(_ layers: [CosignFormat.Layer]) throws -> String {
        try attach(layers)
        do {
            return "taken: \(try verify())"
        } catch {
            #expect(!"\(error)".contains("\n"))
            return "\(error)"
        }
    }

    @Test func aGoodOneCounts() throws {
        try attach([try good()])
        #expect(try verify() == signer.publicFile)
    }

    @Test func withoutOneTheErrorSaysWhereItWasLookedForAndWhatToDo() throws {
        let error = #expect(throws: RegistryError.self) { try verify() }
        #expect(
            error
                == .signature(.unsigned(release: "r:1.0.0", digest: digest, keys: signer.publicFile))
        )
        let text = "\(try #require(error))"
        #expect(text.contains("sha256-\(digest.hex).sig") && text.contains("sign it with a key"), "\(text)")
        #expect(error?.isTransient == false)
    }

    @Test func oneGoodOneAmongBadOnesIsEnough() throws {
        let other = try CosignFormat.Layer("\(digest)", signer: try OpenSSLSigner(.rsa))
        var broken = try good()
        broken.signature = "?"
        try attach([broken, other, try good()])
        #expect(try verify() == signer.publicFile)
    }

    @Test func whatIsWrongIsNamed() throws {
        let other = try CosignFormat.Layer("\(digest)", signer: try OpenSSLSigner())
        #expect(try reason([other]).contains("it was made with another key; sign it with a key that belongs to"))
        #expect(try reason([other, other]).contains("none of its 2 signatures is good"))

        let elsewhere = "sha256:" + String(repeating: "0", count: 64)
        let wrong = try CosignFormat.Layer(elsewhere, signer: signer)
        #expect(try reason([wrong]).contains("it was made for another artifact, \(elsewhere)"))

        let kind = CosignFormat.payload("\(digest)", type: "atomic container signature")
        let typed = CosignFormat.Layer(kind, signature: Data(try signer.sign(kind)).base64EncodedString())
        #expect(try reason([typed]).contains("it claims to be \"atomic container signature\""))

        // A payload that was changed behind its signature.
        var tampered = try good()
        tampered.payload += [UInt8(ascii: " ")]
        #expect(try reason([tampered]).contains("it was made with another key"))

        for signature in [nil, "", "!", "A"] {
            #expect(
                try reason([CosignFormat.Layer(CosignFormat.payload("\(digest)"), signature: signature)])
                    .contains("no annotation dev.cosignproject.cosign/signature in base64")
            )
        }
        var plain = try good()
        plain.mediaType = "text/plain"
        #expect(try reason([plain]).contains("its media type is text/plain"))

        for bytes in ["", "{}", "null", "[", #"{"critical":{"image":{},"type":"x"}}"#] {
            let bytes = Array(bytes.utf8)
            let signed = CosignFormat.Layer(bytes, signature: Data(try signer.sign(bytes)).base64EncodedString())
            #expect(try reason([signed]).contains("the payload can't be understood"), "\(bytes)")
        }
    }

    @Test func aManifestThatLiesAboutItsPayloadIsFoundOut() throws {
        var size = try good()
        size.size = 12
        #expect(try reason([size]).contains("does not have 12 bytes"))
        var missing = try good()
        missing.digest = "sha256:" + String(repeating: "1", count: 64)
        #expect(try reason([missing]).contains("is missing in"))
        // The bytes under the digest are others.
        let layer = try good()
        try attach([layer])
        let path = layout.blobPath(try Digest.sum(of: layer.payload))
        var bytes = layer.payload
        bytes[bytes.count - 2] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(throws: RegistryError.self) { try verify() }
        // And with them as they should be, it counts: what was broken on the way isn't remembered.
        let verifier = SignatureVerifier(TrustedKeys([signer.publicFile]))
        #expect(throws: RegistryError.self) { try verify(verifier) }
        try Data(layer.payload).write(to: URL(fileURLWithPath: path))
        #expect(try verify(verifier) == signer.publicFile)
    }

    @Test func whatStandsUnderTheTagMayBeAnything() throws {
        let tag = try Fixture.tag(CosignFormat.tag(of: "\(digest)"))
        for text in [#"{"schemaVersion":2,"manifests":[]}"#, "{", #"{"schemaVersion":2,"layers":"x"}"#] {
            _ = try layout.putManifest(
                Array(text.utf8),
                mediaType: "application/x",
                tag: tag,
                before: Fixture.deadline
            )
            let error = #expect(throws: RegistryError.self) { try verify() }
            guard case .signature(.untrusted) = error else {
                Issue.record("\(text): \(String(describing: error))")
                continue
            }
        }
    }

    @Test func ceilings() throws {
        var large = try good()
        large.payload = [UInt8](repeating: 32, count: SignedPayload.limit + 1)
        #expect(try reason([large]).contains("its payload is larger than 64 KiB"))
        let fitting = CosignFormat.payload("\(digest)")
        let full = fitting + [UInt8](repeating: 32, count: SignedPayload.limit - fitting.count)
        let layer = CosignFormat.Layer(full, signature: Data(try signer.sign(full)).base64EncodedString())
        #expect(try reason([layer]).hasPrefix("taken: "))

        let bad = CosignFormat.Layer(fitting, signature: "AAAA")
        let many = [CosignFormat.Layer](repeating: bad, count: SignatureVerifier.mostSignatures)
        #expect(try reason(many.dropLast() + [try good()]).hasPrefix("taken: "))
        #expect(try reason(many + [try good()]).contains("none of its \(SignatureVerifier.mostSignatures)"))
    }

    @Test func referrersCountWhereverTheyAreNamed() throws {
        let signature = try attach([try good()], tag: "unused", subject: "\(digest)")
        #expect(throws: RegistryError.self) { try verify() }
        func index(_ type: String?) -> [UInt8] {
            let text = type.map { #","artifactType":"\#($0)""# } ?? ""
            return Array(
                #"{"schemaVersion":2,"manifests":[{"digest":"sha512:ab"},{"digest":"\#(signature)","size":1\#(text)}]}"#
                    .utf8
            )
        }
        func refer(_ type: String?) throws {
            _ = try layout.putManifest(
                index(type),
                mediaType: MediaType.imageIndex,
                tag: Fixture.tag("sha256-\(digest.hex)"),
                before: Fixture.deadline
            )
        }
        try refer("application/spdx+json")
        #expect(throws: RegistryError.self) { try verify() }
        try refer("application/vnd.dev.sigstore.bundle.v0.3+json")
        #expect {
            try verify()
        } throws: {
            "\($0)".contains("--new-bundle-format=false")
        }
        for type in [nil, "", Cosign.artifactType] {
            try refer(type)
            #expect(try verify() == signer.publicFile)
        }
    }

    /// `oras cp -r` to a layout leaves referrers in `index.json`, without a name.
    @Test func referrersInALayoutsIndexCount() throws {
        try attach([try good()], tag: "unused", subject: "\(digest)")
        let other = "sha256:" + String(repeating: "2", count: 64)
        try attach([try CosignFormat.Layer(other, signer: signer)], tag: "other", subject: other)
        let path = scratch.appending("l/index.json")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for name in ["unused", "other"] { #expect(text.contains(#"{"org.opencontainers.image.ref.name":"\#(name)"}"#)) }
        try text.replacing(
            /"annotations":{"org.opencontainers.image.ref.name":"(unused|other)"}/,
            with: "\"artifactType\":\"\(Cosign.artifactType)\""
        ).write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try layout.referrers(of: digest, before: Fixture.deadline).count == 1)
        #expect(try verify() == signer.publicFile)
    }

    @Test func keysAreReadAgainWhenTheyChange() throws {
        let file = scratch.appending("keys.pem")
        try OpenSSLSigner(.ed25519).publicText.write(toFile: file, atomically: true, encoding: .utf8)
        let verifier = SignatureVerifier(TrustedKeys([file]))
        try attach([try good()])
        #expect(throws: RegistryError.self) { try verify(verifier) }
        try signer.publicText.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try verify(verifier) == file)
        // One that is trusted no more doesn't vouch for what it has vouched for before.
        try OpenSSLSigner(.ed25519).publicText.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(throws: RegistryError.self) { try verify(verifier) }
        try "rubbish".write(toFile: file, atomically: true, encoding: .utf8)
        #expect {
            try verify(verifier)
        } throws: {
            "\($0)".contains("reading \(file) of source.verify.keys: it holds no PEM public key")
        }
        #expect(try verify(SignatureVerifier(TrustedKeys([try signer.publicText]))) == "key 1")
        let many = try [String](repeating: signer.publicText, count: TrustedKeys.most + 1)
        #expect(throws: RegistryError.self) { try TrustedKeys(many).check() }
        #expect(throws: RegistryError.self) { try TrustedKeys([scratch.appending("nowhere")]).check() }
    }

    @Test(arguments: OpenSSLSigner.Kind.allCases)
    func whatIsSignedHereCountsAndSoDoesOpenSSL(kind: OpenSSLSigner.Kind) throws {
        let signer = try OpenSSLSigner(kind)
        let pem = Array(try Data(contentsOf: URL(fileURLWithPath: signer.privateFile)))
        let own = try ArtifactSignature(pem: pem, name: "k") { "" }
        #expect(try own.push(of: digest, to: layout, before: Fixture.deadline))
        // Once is enough, and another's signature stays beside it.
        #expect(try !own.push(of: digest, to: layout, before: Fixture.deadline))
        let second = try OpenSSLSigner()
        let secondPEM = Array(try Data(contentsOf: URL(fileURLWithPath: second.privateFile)))
        #expect(
            try ArtifactSignature(pem: secondPEM, name: "k") { "" }
                .push(of: digest, to: layout, before: Fixture.deadline)
        )
        for one in [signer, second] {
            #expect(try verify(SignatureVerifier(TrustedKeys([one.publicFile]))) == one.publicFile)
        }
        let tag = try Fixture.tag(CosignFormat.tag(of: "\(digest)"))
        let manifest = try layout.manifest(.tag(tag), before: Fixture.deadline)
        #expect(manifest.layers.count == 2)
        let layer = try #require(manifest.layers.first)
        #expect(layer.mediaType == CosignFormat.payloadType)
        let payload = Array(try Data(contentsOf: URL(fileURLWithPath: layout.blobPath(layer.digest))))
        let signature = try #require(
            layer.annotations["dev.cosignproject.cosign/signature"].flatMap { Data(base64Encoded: $0) }
        )
        #expect(try signer.verifies(Array(signature), of: payload))
        let document = try #require(JSONSerialization.jsonObject(with: Data(payload)) as? [String: Any])
        let critical = try #require(document["critical"] as? [String: Any])
        #expect(critical["type"] as? String == "cosign container image signature")
        #expect((critical["image"] as? [String: Any])?["docker-manifest-digest"] as? String == "\(digest)")
        #expect(document["optional"] is NSNull)
    }
}
