import Foundation
import TestSupport
import Testing

/// What changes while the daemon runs: the mounted Secret, CA, password and docker's configuration, towards Debian's
/// docker-registry. A poll an hour shows that a change starts one.
struct SourceChangeTests {
    private let directory: TemporaryDirectory
    private let path = "packs/spectro-manifests/manifest"

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func push(_ version: String, to registry: DockerRegistry) throws {
        let tree = directory.appending("tree-\(version)")
        try Tree.write(["v": version], to: tree)
        try Pushing.withSpecman(tree, to: "\(registry.host)/\(path):\(version)", registry: registry)
    }

    private func values(_ registry: DockerRegistry) throws -> [String: String] {
        let certificate = try String(contentsOfFile: #require(registry.caFile), encoding: .utf8)
        return [
            "endpoint": "https://\(registry.host)/v2/\n", "baseContentPath": "/packs\n", "username": "reader\n",
            "password": "\(try #require(registry.password))\n", "credentialType": "basic",
            "caCert": Data(certificate.utf8).base64EncodedString(),
        ]
    }

    private func site(_ source: [String]) throws -> RunningSite {
        try RunningSite(source: source, in: directory)
    }

    @Test func theSecretsPasswordRegistryAndCA() throws {
        let first = try DockerRegistry(authority: CertificateAuthority(), password: "one")
        try push("1.0.0", to: first)
        let secret = try MountedSecret(try values(first))
        let site = try site(["secretDirectory: \(secret.path)", "interval: 1h"])
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")

        // Another password, without a signal: the files are looked at.
        try first.change(password: "two")
        try push("2.0.0", to: first)
        try secret.replace(with: try values(first))
        let line = try site.daemon.wait(forLine: "Using changed registry settings")
        #expect(line.contains(secret.file("password")), "\(line)")
        try site.daemon.wait(forLine: "msg=\"Serving 2.0.0\"")

        // A bad one is told of in one line, and the old one polls on.
        try push("3.0.0", to: first)
        var bad = try values(first)
        bad["caCert"] = "nonsense"
        bad["password"] = "wrong"
        try secret.replace(with: bad)
        site.daemon.kill(SIGHUP)
        let complaint = try site.daemon.wait(forLine: "keeping the registry settings that are used")
        #expect(complaint.contains("\(secret.file("caCert")): caCert is"), "\(complaint)")
        // The daemon does it, with its own configuration.
        let file = directory.appending("sync.yaml")
        try "storage:\n  directory: \(site.volume)\nsource:\n  repository: registry.example/a\n"
            .write(toFile: file, atomically: true, encoding: .utf8)
        try Command.run(DaemonProcess.executable.path, ["sync", "--config", file])
        try site.daemon.wait(forLine: "msg=\"Serving 3.0.0\"")
        #expect(site.daemon.messages.filter { $0.contains("keeping the registry settings") }.count == 1)

        // Another registry, with another authority and another password.
        let second = try DockerRegistry(authority: CertificateAuthority(), password: "three")
        try push("4.0.0", to: second)
        try secret.replace(with: try values(second))
        site.daemon.kill(SIGHUP)
        try site.daemon.wait(forLine: "msg=\"Serving 4.0.0\"")
        #expect(!site.daemon.log.contains { $0.contains("level=error") && !$0.contains("keeping") })
        #expect(site.daemon.stop() == 0)
    }

    /// The registry gets a certificate of another authority; the file is replaced as a mounted ConfigMap is.
    @Test func theCAFile() throws {
        let registry = try DockerRegistry(authority: CertificateAuthority(), password: "one")
        let mounted = try MountedSecret(["ca.crt": String(contentsOfFile: #require(registry.caFile), encoding: .utf8)])
        try push("1.0.0", to: registry)
        let site = try site([
            "repository: \(registry.host)/\(path)", "tls: {caFile: \(mounted.file("ca.crt"))}", "username: reader",
            "password: one", "interval: 200ms",
        ])
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        try registry.restart(signedBy: CertificateAuthority())
        try push("2.0.0", to: registry)
        try site.daemon.wait(forLine: "its certificate is signed by an unknown authority")
        try mounted.replace(with: ["ca.crt": String(contentsOfFile: #require(registry.caFile), encoding: .utf8)])
        try site.daemon.wait(forLine: "msg=\"Serving 2.0.0\"")
        #expect(site.daemon.stop() == 0)
    }

    @Test func thePasswordsFile() throws {
        let registry = try DockerRegistry(authority: CertificateAuthority(), password: "one")
        let mounted = try MountedSecret(["password": "one\n"])
        try push("1.0.0", to: registry)
        let site = try site([
            "repository: \(registry.host)/\(path)", "tls: {caFile: \(try #require(registry.caFile))}",
            "username: reader", "passwordFile: \(mounted.file("password"))", "interval: 1h",
        ])
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        try registry.change(password: "two")
        try push("2.0.0", to: registry)
        try mounted.replace(with: ["password": "two\n"])
        try site.daemon.wait(forLine: "msg=\"Serving 2.0.0\"")
        #expect(site.daemon.stop() == 0)
    }

    /// The one in the Secret, and the one that `source.dockerConfig` names.
    @Test(arguments: [".dockerconfigjson", "config.json"]) func dockersConfiguration(name: String) throws {
        let registry = try DockerRegistry(authority: CertificateAuthority(), password: "one")
        func text() throws -> String {
            let pair = "reader:\(try #require(registry.password))"
            return #"{"auths":{"https://\#(registry.host)":{"auth":"\#(Data(pair.utf8).base64EncodedString())"}}}"#
        }
        let mounted = try MountedSecret([name: try text()])
        try push("1.0.0", to: registry)
        var source = [
            "repository: \(registry.host)/\(path)", "tls: {caFile: \(try #require(registry.caFile))}", "interval: 1h",
        ]
        source.append(
            name == "config.json" ? "dockerConfig: \(mounted.file(name))" : "secretDirectory: \(mounted.path)"
        )
        let site = try site(source)
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        try registry.change(password: "two")
        try push("2.0.0", to: registry)
        try mounted.replace(with: [name: "{"])
        site.daemon.kill(SIGHUP)
        try site.daemon.wait(forLine: "keeping the registry settings that are used")
        try mounted.replace(with: [name: try text()])
        site.daemon.kill(SIGHUP)
        try site.daemon.wait(forLine: "msg=\"Serving 2.0.0\"")
        #expect(site.daemon.stop() == 0)
    }

    /// nginx before the registry wants a client certificate, later one of another authority.
    @Test func theClientCertificate() throws {
        let registry = try DockerRegistry()
        try push("1.0.0", to: registry)
        let servers = try CertificateAuthority()
        let pair = try servers.issue(["IP:127.0.0.1"])
        let port = try ReservedPort()
        func nginx(trusting clients: CertificateAuthority) throws -> Nginx {
            try Nginx(
                """
                server {
                  listen \(port.host) ssl;
                  ssl_certificate \(pair.certificateFile); ssl_certificate_key \(pair.keyFile);
                  ssl_verify_client on; ssl_client_certificate \(clients.caFile);
                  location / { proxy_pass http://\(registry.host); proxy_set_header Host $http_host; }
                }
                """,
                ports: [port]
            )
        }
        func values(_ clients: CertificateAuthority) throws -> [String: String] {
            let pair = try clients.issue([])
            return try [
                "tls.crt": String(contentsOfFile: pair.certificateFile, encoding: .utf8),
                "tls.key": String(contentsOfFile: pair.keyFile, encoding: .utf8),
            ]
        }
        let first = try CertificateAuthority()
        let second = try CertificateAuthority()
        var front: Nginx? = try nginx(trusting: first)
        let mounted = try MountedSecret(try values(first))
        let site = try site([
            "repository: \(port.host)/\(path)", "interval: 200ms",
            "tls: {caFile: \(servers.caFile), certificateFile: \(mounted.file("tls.crt")), keyFile: \(mounted.file("tls.key"))}",
        ])
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        front = nil
        front = try nginx(trusting: second)
        try push("2.0.0", to: registry)
        try site.daemon.wait(forLine: "it requires a client certificate that it trusts")
        // The key of another certificate is no pair: told of, and not used.
        var mixed = try values(second)
        mixed["tls.key"] = try values(second)["tls.key"]
        try mounted.replace(with: mixed)
        try site.daemon.wait(forLine: "keeping the registry settings that are used")
        try mounted.replace(with: try values(second))
        try site.daemon.wait(forLine: "msg=\"Serving 2.0.0\"")
        #expect(site.daemon.stop() == 0)
        withExtendedLifetime(front) {}
    }

    /// Commands read the directory, too; and what isn't there yet when the daemon starts is found when it comes.
    @Test func commandsAndLatecomers() throws {
        let registry = try DockerRegistry(authority: CertificateAuthority(), password: "geheim")
        try push("1.0.0", to: registry)
        let secret = try MountedSecret(try values(registry))
        func specman(_ arguments: [String]) throws -> Command.Output {
            let file = directory.appending("commands.yaml")
            try "source:\n  secretDirectory: \(secret.path)\nstorage:\n  directory: \(directory.appending("once"))\n"
                .write(toFile: file, atomically: true, encoding: .utf8)
            return try Command.output(DaemonProcess.executable.path, arguments + ["--config", file])
        }
        #expect(try specman(["tags"]).text.contains("1.0.0"))
        #expect(try specman(["sync"]).text.hasPrefix("published 1.0.0"))
        let tree = directory.appending("tree-1.0.0")
        #expect(try specman(["push", tree, "\(registry.host)/\(path):1.1.0"]).status == 0)
        let shown = try specman(["config", "show"]).text
        #expect(shown.contains("\(registry.host)/packs/spectro-manifests/manifest"))
        #expect(shown.contains("Secret \(secret.file("endpoint"))"))
        #expect(!shown.contains("geheim"), "\(shown)")
        #expect(try specman(["config", "check"]).status == 0)

        // Another registry is not shown what is meant for this one.
        let other = try ScriptedServer { _ in .http(401, ["WWW-Authenticate: Basic realm=\"x\""]) }
        let pushed = try specman(["push", tree, "\(other.host)/a:1", "--plain-http"])
        #expect(pushed.status == 1 && !other.requests.isEmpty, "\(pushed.err)")
        #expect(other.requests.allSatisfy { $0["Authorization"] == nil })

        let late = try MountedSecret([:])
        let site = try site([
            "repository: \(registry.host)/\(path)", "secretDirectory: \(late.path)", "interval: 1h",
        ])
        try site.daemon.wait(forLine: "level=error")
        try late.replace(with: try values(registry))
        site.daemon.kill(SIGHUP)
        try site.daemon.wait(forLine: "msg=\"Serving 1.1.0\"")
        #expect(site.daemon.stop() == 0)
    }
}
