import Foundation
import TestSupport
import Testing

/// Debian's docker-registry, reached through tinyproxy by the standard variables.
struct ProxyTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// A registry with the tag 1.0.0 in `a/b`.
    private func registry(isPlain: Bool = false) throws -> DockerRegistry {
        let registry = try DockerRegistry(authority: isPlain ? nil : CertificateAuthority(), password: "geheim")
        let tree = directory.appending("tree")
        try Tree.write(["v": "1"], to: tree)
        try Pushing.withSpecman(tree, to: "\(registry.host)/a/b:1.0.0", registry: registry)
        return registry
    }

    /// One whole sync, which takes tags, manifest and blob.
    private func sync(_ registry: DockerRegistry, _ environment: [String: String]) throws -> Command.Output {
        let volume = directory.appending(UUID().uuidString)
        let text = RunningSite.configuration(
            source: Pushing.source("\(registry.host)/a/b", registry) + ["timeout: 5s"],
            storage: ["directory: \(volume)"],
            listener: ["address: 127.0.0.1:0"]
        )
        let file = volume + ".yaml"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return try Command.output(
            DaemonProcess.executable.path,
            ["sync", "--config", file],
            environment: ["SWIFT_BACKTRACE": "enable=no"].merging(environment) { $1 }
        )
    }

    @Test(arguments: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"]) func tunnelsTLS(variable: String) throws {
        let registry = try registry()
        let proxy = try Tinyproxy()
        let output = try sync(registry, [variable: "http://\(proxy.host)"])
        #expect(output.status == 0, "\(output.err)")
        let requests = try proxy.requests
        #expect(!requests.isEmpty)
        #expect(requests.allSatisfy { $0 == "CONNECT \(registry.host) HTTP/1.1" }, "\(requests)")
    }

    @Test(arguments: ["HTTP_PROXY", "http_proxy"]) func forwardsPlainHTTP(variable: String) throws {
        let registry = try registry(isPlain: true)
        let proxy = try Tinyproxy()
        let output = try sync(registry, [variable: "http://\(proxy.host)", "HTTPS_PROXY": "http://127.0.0.1:1"])
        #expect(output.status == 0, "\(output.err)")
        #expect(try proxy.requests.contains { $0.hasPrefix("GET http://\(registry.host)/v2/a/b/blobs/") })
    }

    @Test(arguments: ["127.0.0.0/8", "10.0.0.0/8,127.0.0.1", "*"]) func noProxyLeadsAroundIt(list: String) throws {
        let registry = try registry()
        for name in ["NO_PROXY", "no_proxy"] {
            let output = try sync(registry, ["HTTPS_PROXY": "http://127.0.0.1:1", name: list])
            #expect(output.status == 0, "\(output.err)")
        }
        #expect(try sync(registry, ["HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "10.0.0.0/8"]).status == 1)
    }

    @Test func namesAndPasswordsAreForTheProxyAlone() throws {
        let registry = try registry()
        let proxy = try Tinyproxy(["BasicAuth robot hunter2"])
        let good = try sync(registry, ["HTTPS_PROXY": "http://robot:hunter2@\(proxy.host)"])
        #expect(good.status == 0, "\(good.err)")
        for pair in ["", "robot:wrong@"] {
            let output = try sync(registry, ["HTTPS_PROXY": "http://\(pair)\(proxy.host)"])
            #expect(output.status == 1)
            #expect(output.err.contains("the proxy \(proxy.host), through which \(registry.host) is reached"))
            #expect(output.err.contains("without the right name and password"), "\(output.err)")
            #expect(!output.err.contains("wrong") && output.err.split(separator: "\n").count == 1, "\(output.err)")
        }
        let plain = try self.registry(isPlain: true)
        #expect(
            try sync(plain, ["HTTP_PROXY": "http://\(proxy.host)"]).err.contains("without the right name and password")
        )
    }

    @Test func whatFailsIsNamed() throws {
        let registry = try registry()
        let picky = try Tinyproxy(["ConnectPort 443"])
        let open = try Tinyproxy()
        let nobody = try ReservedPort()
        func error(_ proxy: String, _ registry: DockerRegistry) throws -> String {
            let output = try sync(registry, ["HTTPS_PROXY": proxy])
            #expect(output.status == 1)
            #expect(output.err.split(separator: "\n").count == 1)
            return output.err
        }
        let refused = try error("http://a:b@\(nobody.host)", registry)
        #expect(refused.contains("the proxy \(nobody.host), through which \(registry.host) is reached, refuses"))
        #expect(try error("http://proxy.invalid:3128", registry).contains("the proxy proxy.invalid:3128"))
        #expect(try error("http://\(picky.host)", registry).contains("does not lead there: it answers 403"))
        // The registry behind it is away: that is the proxy's word for it.
        registry.stop()
        let away = try error("http://\(open.host)", registry)
        #expect(away.contains("the proxy \(open.host), through which \(registry.host) is reached"), "\(away)")
        // What is wrong with TLS is the registry's affair, and is said with the way there.
        let untrusted = try DockerRegistry(authority: CertificateAuthority(), names: ["DNS:other.example"])
        let tls = try error("http://\(open.host)", untrusted)
        #expect(tls.contains("through the proxy \(open.host): TLS with \(untrusted.host) failed"), "\(tls)")
    }
}
