import Foundation
import TestSupport
import Testing

/// `specman doctor` on the ways that fail in the field, with real registries: the hop that fails is named with what to
/// do, those before it are ok, and those behind it are skipped.
struct DoctorTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try Tree.write(["v": "1\n"], to: directory.appending("tree"))
    }

    struct Hop: Decodable {
        let hop: String
        let subject: String
        let ok: Bool?
        let detail: String
        let remedy: String?
    }

    private func specman(
        _ arguments: [String],
        _ environment: [String: String] = [:],
        input: String = ""
    ) throws -> Command.Output {
        try Command.output(
            DaemonProcess.executable.path,
            arguments,
            input: Array(input.utf8),
            environment: ["SWIFT_BACKTRACE": "enable=no"].merging(environment) { $1 }
        )
    }

    func push(to registry: DockerRegistry, password: String? = nil) throws {
        var arguments = ["push", directory.appending("tree"), "\(registry.host)/a/b:1.0.0"]
        arguments += registry.caFile.map { ["--ca-file", $0] } ?? ["--plain-http"]
        if password != nil { arguments += ["--username", "reader", "--password-stdin"] }
        let pushed = try specman(arguments, input: password ?? "")
        #expect(pushed.status == 0, "\(pushed.err)")
    }

    func configuration(
        _ repository: String,
        _ source: [String] = [],
        storage: [String]? = nil,
        listener: [String] = []
    ) throws -> String {
        let file = directory.appending("\(UUID().uuidString).yaml")
        try RunningSite.configuration(
            source: ["repository: \"\(repository)\""] + source,
            storage: storage ?? ["directory: \(directory.appending("volume"))"],
            listener: listener
        ).write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    /// Both forms of the report; what the one says the other does, too.
    func examine(_ configuration: String, _ environment: [String: String] = [:]) throws -> [Hop] {
        let json = try specman(["doctor", "--config", configuration, "--output", "json"], environment)
        let hops = try JSONDecoder().decode([Hop].self, from: Data(json.out))
        let failed = hops.filter { $0.ok == false }
        #expect(json.status == (failed.isEmpty ? 0 : 1))
        let table = try specman(["doctor", "--config", configuration], environment)
        #expect(table.status == json.status)
        let lines = table.text.split(separator: "\n")
        #expect(lines.count == hops.count, "\(table.text)")
        for (line, hop) in zip(lines, hops) {
            let status = hop.ok.map { $0 ? "ok " : "FAILED " } ?? "skipped "
            #expect(line.hasPrefix(status) && line.contains(" \(hop.hop) "), "\(line)")
        }
        if let first = failed.first {
            #expect(
                table.err.hasPrefix("specman: \(failed.count) of \(hops.count) checks failed, first \(first.hop): ")
            )
            #expect(table.err.split(separator: "\n").count == 1)
        }
        return hops
    }

    /// Expects this hop to fail like that, those before it to be fine, and those behind it on its way to be skipped.
    private func expect(
        _ hops: [Hop],
        fails name: String,
        _ detail: String,
        _ remedy: String,
        location: SourceLocation = #_sourceLocation
    ) {
        guard let index = hops.firstIndex(where: { $0.hop == name }) else {
            Issue.record("no hop \(name) in \(hops.map(\.hop))", sourceLocation: location)
            return
        }
        #expect(hops[index].ok == false, sourceLocation: location)
        #expect(hops[index].detail.contains(detail), "\(hops[index])", sourceLocation: location)
        #expect(hops[index].remedy?.contains(remedy) == true, "\(hops[index])", sourceLocation: location)
        for hop in hops[..<index] where !["volume", "space", "certificate"].contains(hop.hop) {
            #expect(hop.ok == true, "\(hop)", sourceLocation: location)
        }
        let own = ["volume", "space", "certificate"]
        for hop in hops[(index + 1)...] where !own.contains(hop.hop) {
            #expect(hop.ok == nil && hop.detail.contains(name), "\(hop)", sourceLocation: location)
        }
    }

    @Test func everyHopIsTriedBesideARunningDaemonWhichIsNotDisturbed() throws {
        let registry = try DockerRegistry(authority: CertificateAuthority(), password: "geheim")
        let signer = try OpenSSLSigner()
        try push(to: registry, password: "geheim")
        let signed = try specman(
            [
                "push", directory.appending("tree"), "\(registry.host)/a/b:2.0.0", "--sign", signer.privateFile,
                "--ca-file", try #require(registry.caFile), "--username", "reader", "--password-stdin",
            ],
            input: "geheim"
        )
        #expect(signed.status == 0, "\(signed.err)")
        let source = [
            "tls: {caFile: \(try #require(registry.caFile))}", "username: reader", "password: geheim",
            "verify: {keys: [\(signer.publicFile)]}", "interval: 1h",
        ]
        let site = try RunningSite(source: ["repository: \(registry.host)/a/b"] + source, in: directory)
        // The poll ends when what was found in the release is in the index.
        try site.daemon.wait(for: "the first poll's end") { _ in
            (try? site.get("/-/status").text)?.contains(#""lastSuccess":""#) == true ? true : nil
        }
        func listing() throws -> String { try Command.run("find", [site.volume, "-printf", "%P %i %s %T@\\n"]).text }
        let before = try listing()
        let log = site.daemon.log
        let hops = try examine(
            try configuration("https://\(registry.host)/a/b/", source, storage: ["directory: \(site.volume)"])
        )
        #expect(
            hops.map(\.hop) == [
                "name", "tcp", "tls", "challenge", "token", "tags", "manifest", "signature", "blob", "volume", "space",
                "certificate",
            ]
        )
        for hop in hops { #expect(hop.ok == true, "\(hop)") }
        func detail(_ name: String) -> String { hops.first { $0.hop == name }?.detail ?? "" }
        #expect(
            detail("tls").contains("certificate for 127.0.0.1, localhost, signed by CN=test authority, valid until")
        )
        #expect(detail("challenge") == "asks for user and password (Basic)")
        #expect(detail("token") == "user reader is let in")
        #expect(detail("tags").hasPrefix("2 candidates, 2.0.0 would be taken: latest creation date"))
        #expect(detail("signature") == "signed with \(signer.publicFile)")
        #expect(detail("blob") == "its first byte came from \(registry.host)")
        #expect(detail("certificate").contains("specman-service.hubble-system.svc"), "\(detail("certificate"))")
        #expect(try listing() == before)
        #expect(site.daemon.log == log)
        #expect(site.daemon.stop() == 0)
    }

    @Test func theRegistrysCertificate() throws {
        let authority = try CertificateAuthority()
        let registry = try DockerRegistry(authority: authority)
        let repository = "\(registry.host)/a/b"
        var hops = try examine(try configuration(repository))
        expect(
            hops,
            fails: "tls",
            "is signed by CN=test authority, which is not trusted",
            "set source.tls.caFile (--ca-file)"
        )
        let other = try CertificateAuthority()
        hops = try examine(try configuration(repository, ["tls: {caFile: \(other.caFile)}"]))
        expect(hops, fails: "tls", "which is not trusted", "\(other.caFile) of source.tls.caFile is for another one")
        hops = try examine(try configuration(repository, ["tls: {caFile: /nowhere/ca.pem}"]))
        expect(hops, fails: "tls", "/nowhere/ca.pem", "correct the files of source.tls")

        let trust = "tls: {caFile: \(authority.caFile)}"
        let named = try DockerRegistry(authority: authority, names: ["DNS:other.example"])
        hops = try examine(try configuration("\(named.host)/a/b", [trust]))
        expect(hops, fails: "tls", "is for other.example, and has no IP SAN 127.0.0.1", "use one of these names")
        let port = named.host.drop { $0 != ":" }
        hops = try examine(try configuration("localhost\(port)/a/b", [trust]))
        expect(hops, fails: "tls", "is for other.example, not for localhost", "renewed with localhost")

        let old = try DockerRegistry(authority: authority, expired: true)
        hops = try examine(try configuration("\(old.host)/a/b", [trust]))
        expect(hops, fails: "tls", "has expired on 20", "this machine's clock: it says 20")

        let plain = try DockerRegistry()
        hops = try examine(try configuration("\(plain.host)/a/b"))
        expect(hops, fails: "tls", "does not speak TLS on this port", "set source.plainHTTP (--plain-http)")
    }

    @Test func nobodyThere() throws {
        let registry = try DockerRegistry()
        let plain = ["plainHTTP: true"]
        var hops = try examine(try configuration("\(registry.host)/a/b", plain))
        expect(hops, fails: "tags", "there is no repository \(registry.host)/a/b", "push a release to it first")
        registry.stop()
        hops = try examine(try configuration("\(registry.host)/a/b", plain))
        expect(hops, fails: "tcp", "the connection is refused", "check the port in source.repository")
        hops = try examine(try configuration("registry.invalid/a/b"))
        expect(hops, fails: "name", "the name does not resolve", "check the spelling in source.repository")
        let web = try ScriptedServer { _ in .http(404, text: "<html>") }
        hops = try examine(try configuration("\(web.host)/a/b", plain))
        expect(hops, fails: "challenge", "answers 404", "check source.repository and that a registry listens there")
    }

    @Test func whoAsks() throws {
        let registry = try DockerRegistry(password: "geheim")
        try push(to: registry, password: "geheim")
        let repository = "\(registry.host)/a/b"
        var hops = try examine(
            try configuration(repository, ["plainHTTP: true", "username: reader", "password: wrong"])
        )
        expect(hops, fails: "token", "does not accept the password of user reader", "check source.username")
        hops = try examine(try configuration(repository, ["plainHTTP: true", "credentialType: noAuth"]))
        expect(hops, fails: "token", "requires authentication", "set source.username")
    }

    @Test func tokens() throws {
        let tokens = try TokenServer(TokenServer.Policy())
        let registry = try DockerRegistry(tokens: tokens)
        let user = TokenServer.Policy().user
        func source(_ password: String) -> [String] {
            ["plainHTTP: true", "username: \(user.name)", "password: \(password)"]
        }
        let file = try configuration("\(registry.host)/a/b", source(user.password))
        let pushed = try specman(["push", directory.appending("tree"), "\(registry.host)/a/b:1.0.0", "--config", file])
        #expect(pushed.status == 0, "\(pushed.err)")
        var hops = try examine(file)
        for hop in hops { #expect(hop.ok == true, "\(hop)") }
        #expect(hops.first { $0.hop == "challenge" }?.detail == "asks for a token from \(tokens.realm)")
        let token = hops.first { $0.hop == "token" }
        #expect(token?.subject == tokens.realm)
        #expect(token?.detail == "a token for pulling was given to user \(user.name)")
        hops = try examine(try configuration("\(registry.host)/a/b", source("wrong")))
        expect(hops, fails: "token", "the token server \(tokens.host)", "check source.username")
    }

    /// As Amazon ECR and Azure ACR do: the registry answers, and its storage is another host.
    @Test func theStorageBehindTheRegistry() throws {
        let registry = try DockerRegistry()
        try push(to: registry)
        let gone = try ScriptedServer([])
        func front(storage: String) throws -> ScriptedServer {
            try ScriptedServer { request in
                if request.target == "/v2/" { return .http(200, text: "{}") }
                let host = request.target.contains("/blobs/") ? storage : registry.host
                return .http(307, ["Location: http://\(host)\(request.target)"])
            }
        }
        let good = try front(storage: registry.host)
        var hops = try examine(try configuration("\(good.host)/a/b", ["plainHTTP: true"]))
        #expect(
            hops.first { $0.hop == "blob" }?.detail
                == "its first byte came from \(registry.host), to which \(good.host) redirects"
        )
        let closed = "127.0.0.1:1"
        let bad = try front(storage: closed)
        hops = try examine(try configuration("\(bad.host)/a/b", ["plainHTTP: true"]))
        expect(
            hops,
            fails: "blob",
            "the registry redirects to its storage, and that fails",
            "let this machine reach \(closed), too"
        )
        let deaf = try front(storage: gone.host)
        hops = try examine(try configuration("\(deaf.host)/a/b", ["plainHTTP: true"]))
        expect(hops, fails: "blob", gone.host, "let this machine reach \(gone.host)")
    }

    @Test func theProxyInBetween() throws {
        let registry = try DockerRegistry()
        try push(to: registry)
        let refusing = try ScriptedServer { _ in .http(403) }
        let url = "http://robot:geheim@\(refusing.host)"
        var hops = try examine(try configuration("registry.invalid/a/b"), ["https_proxy": url])
        expect(
            hops,
            fails: "tls",
            "the proxy does not lead there",
            "let http://\(refusing.host) connect to registry.invalid"
        )
        #expect(hops.first?.subject == "127.0.0.1")
        #expect(hops[1].subject == "proxy http://\(refusing.host) (https_proxy)")
        #expect(!hops.contains { "\($0)".contains("geheim") })
        hops = try examine(
            try configuration("\(registry.host)/a/b", ["plainHTTP: true"]),
            ["http_proxy": "http://127.0.0.1:1"]
        )
        expect(hops, fails: "tcp", "the connection is refused", "the variable http_proxy")
        hops = try examine(
            try configuration("\(registry.host)/a/b", ["plainHTTP: true"]),
            ["http_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.0/8"]
        )
        #expect(hops.allSatisfy { $0.ok == true }, "\(hops)")
    }

    @Test func signatures() throws {
        let registry = try DockerRegistry()
        try push(to: registry)
        let signer = try OpenSSLSigner()
        let hops = try examine(
            try configuration(
                "\(registry.host)/a/b",
                ["plainHTTP: true", "verify: {keys: [\(signer.publicFile)]}"]
            )
        )
        expect(
            hops,
            fails: "signature",
            "as it is not signed",
            "sign it with a key that belongs to \(signer.publicFile)"
        )
    }

    private func layout() throws -> String {
        let reference = "oci-layout:\(directory.appending("layout"))"
        let pushed = try specman(["push", directory.appending("tree"), "\(reference):1.0.0"])
        #expect(pushed.status == 0, "\(pushed.err)")
        return reference
    }

    @Test func aLayoutAndTheVolume() throws {
        let layout = try layout()
        var hops = try examine(try configuration(layout))
        #expect(hops.map(\.hop) == ["tags", "manifest", "blob", "volume", "space", "certificate"])
        #expect(hops.allSatisfy { $0.ok == true }, "\(hops)")
        #expect(!FileManager.default.fileExists(atPath: directory.appending("volume")))
        hops = try examine(try configuration(layout, storage: ["directory: /proc/nowhere"]))
        expect(hops, fails: "volume", "it isn't there, and can't be made in /proc", "check that the volume is mounted")
        #expect(hops.first { $0.hop == "space" }?.ok == nil)
        #expect(hops.first { $0.hop == "blob" }?.ok == true)
        hops = try examine(
            try configuration(layout, storage: ["directory: \(directory.path)", "reserve: 1000000GiB"])
        )
        expect(hops, fails: "space", "storage.reserve is", "make room on the volume")
        hops = try examine(try configuration("oci-layout:\(directory.appending("nothing"))"))
        expect(hops, fails: "tags", "there is no file oci-layout", "push a release to it first")
    }

    /// Where this system lets a test mount file systems of its own.
    private static let mayMount =
        (try? Command.output("unshare", ["-rm", "mount", "-t", "tmpfs", "t", "/mnt"]))?.status == 0

    @Test(.enabled(if: Self.mayMount)) func aFullAndAReadOnlyVolume() throws {
        let volume = directory.appending("mounted")
        try FileManager.default.createDirectory(atPath: volume, withIntermediateDirectories: true)
        let file = try configuration(try layout(), storage: ["directory: \(volume)", "reserve: 0B"])
        let program = DaemonProcess.executable.path
        func examine(_ options: String, _ fill: String) throws -> String {
            let script = "mount -t tmpfs -o \(options) t \(volume) && \(fill); \(program) doctor --config \(file)"
            let output = try Command.output("unshare", ["-rm", "sh", "-c", script])
            #expect(output.status == 1, "\(output.text) \(output.err)")
            return output.text
        }
        let full = try examine("size=64k", "head -c 60000 /dev/zero > \(volume)/x")
        #expect(full.contains("No space left on device; make room on the volume"), "\(full)")
        let readOnly = try examine("ro", "true")
        #expect(readOnly.contains("Read-only file system; give this user"), "\(readOnly)")
    }

    @Test func theListenersCertificate() throws {
        let layout = try layout()
        let authority = try CertificateAuthority()
        func hop(_ certificate: String, _ key: String) throws -> Hop {
            let file = try configuration(layout, listener: ["certificateFile: \(certificate)", "keyFile: \(key)"])
            return try #require(try examine(file).last)
        }
        let good = try authority.issue(["DNS:files.example", "IP:192.0.2.1"])
        let other = try authority.issue(["DNS:other.example"])
        let expired = try authority.issue(["DNS:files.example"], expired: true)
        let fine = try hop(good.certificateFile, good.keyFile)
        #expect(fine.ok == true && fine.subject == good.certificateFile)
        #expect(fine.detail.contains("certificate for files.example, 192.0.2.1, signed by CN=test authority"))
        let mismatch = try hop(good.certificateFile, other.keyFile)
        #expect(mismatch.ok == false && mismatch.remedy == "give the matching pair", "\(mismatch)")
        let old = try hop(expired.certificateFile, expired.keyFile)
        #expect(old.ok == false && old.detail.contains("expired on"), "\(old)")
        let missing = try hop("/nowhere/tls.crt", good.keyFile)
        #expect(missing.ok == false && missing.detail.contains("No such file"), "\(missing)")
    }
}
