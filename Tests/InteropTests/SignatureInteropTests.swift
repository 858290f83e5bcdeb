import Foundation
import TestSupport
import Testing

/// Signatures made with openssl, pushed with curl to Debian's docker-registry, and the daemon that wants them.
struct SignatureInteropTests {
    private let directory: TemporaryDirectory
    private let registry: DockerRegistry

    init() throws {
        directory = try TemporaryDirectory()
        registry = try DockerRegistry()
    }

    private var repository: String { registry.host + "/a/b" }

    private func specman(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Command.Output {
        try Command.output(
            DaemonProcess.executable.path,
            arguments,
            environment: ["SWIFT_BACKTRACE": "enable=no"].merging(environment) { $1 }
        )
    }

    /// Pushes a release, and gives its digest.
    @discardableResult
    private func push(_ tag: String, _ content: String, _ more: [String] = []) throws -> String {
        let tree = directory.appending("tree")
        try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
        try Tree.write(["v": content], to: tree)
        let pushed = try specman(["push", tree, "\(repository):\(tag)", "--plain-http"] + more)
        #expect(pushed.status == 0, "\(pushed.err)")
        return String(try #require(pushed.text.firstMatch(of: /sha256:[0-9a-f]{64}/)).0)
    }

    /// One `specman sync` onto a fresh volume.
    private func sync(keys: [String]) throws -> Command.Output {
        let configuration = directory.appending("sync-\(UUID().uuidString).yaml")
        try RunningSite.configuration(
            source: [
                "repository: \(repository)", "plainHTTP: true", "verify: {keys: [\(keys.joined(separator: ", "))]}",
            ],
            storage: ["directory: \(directory.appending(UUID().uuidString))"],
            listener: []
        ).write(toFile: configuration, atomically: true, encoding: .utf8)
        return try specman(["sync", "--config", configuration])
    }

    @Test(arguments: OpenSSLSigner.Kind.allCases)
    func everyKindOfKey(kind: OpenSSLSigner.Kind) throws {
        let signer = try OpenSSLSigner(kind)
        let digest = try push("1.0.0", "1")
        let unsigned = try sync(keys: [signer.publicFile])
        #expect(unsigned.status == 1)
        #expect(unsigned.err.contains("\(repository):1.0.0 (\(digest)) is not trusted, as it is not signed"))
        try CosignFormat.push([try .init(digest, signer: try OpenSSLSigner(kind))], to: repository, of: digest)
        let wrong = try sync(keys: [signer.publicFile])
        #expect(wrong.status == 1 && wrong.err.contains("it was made with another key"), "\(wrong.err)")
        #expect(wrong.err.split(separator: "\n").count == 1)
        try CosignFormat.push([try .init(digest, signer: signer)], to: repository, of: digest)
        let other = try OpenSSLSigner()
        let signed = try sync(keys: [other.publicFile, signer.publicFile])
        withExtendedLifetime(other) {}
        #expect(signed.text == "published 1.0.0 \(digest)\n", "\(signed.err)")
    }

    /// Debian's docker-registry knows no referrers API: the tag that stands for it is read.
    @Test func aReferrerUnderTheFallbackTagCounts() throws {
        let signer = try OpenSSLSigner()
        let digest = try push("1.0.0", "1")
        let signature = try CosignFormat.push(
            [try .init(digest, signer: signer)],
            to: repository,
            of: digest,
            as: "tmp",
            subject: digest
        )
        let index =
            #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"#
            + #""mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#(signature)","size":"#
            + "\(try CosignFormat.manifest([try .init(digest, signer: signer)], subject: digest).count)"
            + #","artifactType":"application/vnd.dev.cosign.artifact.sig.v1+json"}]}"#
        try CosignFormat.put(
            Array(index.utf8),
            "application/vnd.oci.image.index.v1+json",
            "http://\(registry.host)/v2/a/b/manifests/\(digest.replacing(":", with: "-"))"
        )
        // The helper's tag is no release.
        let signed = try specman(
            ["sync"],
            [
                "SPECMAN_CONFIG": "/dev/null", "SPECMAN_SOURCE_REPOSITORY": repository,
                "SPECMAN_SOURCE_PLAIN_HTTP": "true", "SPECMAN_SOURCE_TAGS_EXCLUDE": "^tmp$",
                "SPECMAN_SOURCE_VERIFY_KEYS": try signer.publicText,
                "SPECMAN_STORAGE_DIRECTORY": directory.appending("v"),
            ]
        )
        #expect(signed.text == "published 1.0.0 \(digest)\n", "\(signed.err)")
    }

    @Test func theDaemonKeepsTheLastGoodReleaseUntilASignatureArrives() throws {
        let signer = try OpenSSLSigner()
        let key = directory.appending("key.pub")
        try signer.publicText.write(toFile: key, atomically: true, encoding: .utf8)
        let first = try push("1.0.0", "1", ["--sign", signer.privateFile])
        let site = try RunningSite(
            source: [
                "repository: \(repository)", "plainHTTP: true", "interval: 200ms", "verify: {keys: [\(key)]}",
            ],
            in: directory
        )
        try site.daemon.wait(forLine: "msg=\"Verified 1.0.0\" digest=\"\(first)\" key=\(key)")
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")

        let second = try push("2.0.0", "2")
        try site.daemon.wait(forLine: "2.0.0 (\(second)) is not trusted, as it is not signed")
        #expect(try site.get("/v").text == "1")
        let status = try site.get("/-/status").text
        #expect(status.contains("is not signed"), "\(status)")
        #expect(!site.daemon.messages.contains("Downloading 2.0.0"))
        try CosignFormat.push([try .init(second, signer: signer)], to: repository, of: second)
        try site.daemon.wait(forLine: "msg=\"Serving 2.0.0\"")
        #expect(try site.get("/v").text == "2")

        // A key that is taken from the file no longer vouches, and another one does, without a restart.
        let other = try OpenSSLSigner(.ed25519)
        let third = try push("3.0.0", "3", ["--sign", other.privateFile])
        try site.daemon.wait(forLine: "3.0.0 (\(third)) is not trusted, as its signature is not good")
        try other.publicText.write(toFile: key, atomically: true, encoding: .utf8)
        try site.daemon.wait(forLine: "msg=\"Serving 3.0.0\"")
        #expect(site.daemon.stop() == 0)
    }

    /// Keys that are named later count for what is served already: it stays, and the log says what is wrong with it.
    @Test func whatWasTakenBeforeThereWereKeysIsToldOf() throws {
        let signer = try OpenSSLSigner()
        let digest = try push("1.0.0", "1")
        let source = ["repository: \(repository)", "plainHTTP: true", "interval: 200ms"]
        let before = try RunningSite(source: source, in: directory)
        try before.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        #expect(before.daemon.stop() == 0)
        let site = try RunningSite(
            source: source + ["verify: {keys: [\(signer.publicFile)]}"],
            volume: before.volume,
            in: directory
        )
        try site.daemon.wait(forLine: "1.0.0 (\(digest)) is not trusted, as it is not signed")
        #expect(try site.get("/v").text == "1")
        try CosignFormat.push([try .init(digest, signer: signer)], to: repository, of: digest)
        try site.daemon.wait(forLine: "msg=\"Verified 1.0.0\"")
        #expect(site.daemon.stop() == 0)
    }

    @Test func encryptedKeysAskForTheirPassphrase() throws {
        let signer = try OpenSSLSigner()
        let encrypted = directory.appending("encrypted.pem")
        try Command.run(
            "openssl",
            ["pkey", "-in", signer.privateFile, "-aes256", "-passout", "pass:geheim", "-out", encrypted]
        )
        let tree = directory.appending("tree")
        try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
        let arguments = ["push", tree, "\(repository):1.0.0", "--plain-http", "--sign"]
        let without = try specman(arguments + [encrypted])
        #expect(without.status == 1 && without.err.contains("set SPECMAN_SIGN_PASSPHRASE"), "\(without.err)")
        let wrong = try specman(arguments + [encrypted], ["SPECMAN_SIGN_PASSPHRASE": "no"])
        #expect(wrong.status == 1 && wrong.err.contains("the passphrase is not the private key's"), "\(wrong.err)")
        let missing = try specman(arguments + [directory.appending("nowhere")])
        #expect(missing.status == 1 && missing.err.contains("No such file"), "\(missing.err)")
        // Nothing was pushed meanwhile.
        #expect(try sync(keys: [signer.publicFile]).err.contains("there is no repository"))
        let good = try specman(arguments + [encrypted], ["SPECMAN_SIGN_PASSPHRASE": "geheim"])
        #expect(good.status == 0, "\(good.err)")
        #expect(try sync(keys: [signer.publicFile]).status == 0)
    }

    @Test func keysThatCantBeUsedAreTheConfigurationsFault() throws {
        let output = try sync(keys: [directory.appending("nowhere")])
        #expect(output.status == 78)
        #expect(output.err.contains("source.verify.keys") && output.err.contains("No such file"), "\(output.err)")
    }
}
