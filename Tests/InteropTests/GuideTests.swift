import Foundation
import TestSupport
import Testing

/// The guide's sequence, on Debian's registry over TLS with htpasswd.
@Suite struct GuideTests {
    /// 4.5.13 and 4.5.15 are there; then an operator packs the folder, pushes it as 0.0.0 by ORAS, and looks at the log.
    @Test func theGuidesSequence() throws {
        let directory = try TemporaryDirectory()
        let authority = try CertificateAuthority()
        let registry = try DockerRegistry(authority: authority, password: "s3cret")
        let repository = registry.host + "/spectro-packs/spectro-manifests/manifest"
        for version in ["4.5.13", "4.5.15"] {
            let tree = directory.appending("tree-\(version)")
            try Tree.write(["roar/nickfury/versions.yaml": "versions: [\(version)]\n"], to: tree)
            try Pushing.withSpecman(tree, to: "\(repository):\(version)", registry: registry)
        }
        let site = try RunningSite(source: Pushing.source(repository, registry), in: directory)
        try site.daemon.wait(forLine: "msg=\"Serving 4.5.15\"")

        let html = directory.appending("html")
        try Tree.write(
            [
                "roar/nickfury/versions.yaml": "versions: [0]\n", "config/onprem-properties.yaml": "a: b\n",
                "index.txt": "", "with space/ü%2e&.yaml": "x: 1\n",
            ],
            to: html
        )
        let before = site.daemon.log.count
        // Packed inside the directory that it packs, as the guide has it: the archive may hold a piece of itself.
        _ = try Command.output("tar", ["-czf", "manifests.tgz", "."], directory: html)
        try Pushing.withORAS("manifests.tgz", in: html, to: "\(repository):0.0.0", registry: registry)
        try site.daemon.wait(forLine: "msg=\"Serving 0.0.0\"")

        let sentences = site.daemon.messages.dropFirst(before)
            .filter { !$0.hasPrefix("Serving") && !$0.hasPrefix("tags without a creation date") }
        #expect(
            sentences.map { $0.replacing(/^listing dir .*/, with: "listing dir DIR") } == [
                "Syncing with OCI repo", "tags[4.5.13 4.5.15 0.0.0]", "Downloading 0.0.0", "listing dir DIR",
                "filename: manifests.tgz, isDir: false", "Persisting 0.0.0",
            ]
        )
        let form = /^time="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ" level=info msg="Persisting 0\.0\.0"$/
        #expect(site.daemon.log.contains { $0.wholeMatch(of: form) != nil })

        let paths = try Tree.files(below: html).filter { $0 != "manifests.tgz" }
        #expect(paths.count == 4)
        let fetched = directory.appending("fetched")
        try site.getAll(paths.map { Array($0.utf8) }, into: fetched)
        #expect(Tree.differences(paths, html, fetched) == [])

        #expect(site.daemon.stop() == 0)
    }
}

/// The two ways in which the tests push, and what the daemon needs to know of the registry.
enum Pushing {
    static func source(_ repository: String, _ registry: DockerRegistry, interval: String = "500ms") -> [String] {
        var lines = ["repository: \(repository)", "interval: \(interval)"]
        if let caFile = registry.caFile {
            lines.append("tls: {caFile: \(caFile)}")
        } else {
            lines.append("plainHTTP: true")
        }
        if let username = registry.username, let password = registry.password {
            lines += ["username: \(username)", "password: \(password)"]
        }
        return lines
    }

    @discardableResult
    static func withSpecman(_ path: String, to reference: String, registry: DockerRegistry) throws -> Command.Output {
        var arguments = ["push", path, reference]
        if let caFile = registry.caFile {
            arguments += ["--ca-file", caFile]
        } else {
            arguments.append("--plain-http")
        }
        if let username = registry.username { arguments += ["--username", username, "--password-stdin"] }
        return try Command.run(
            DaemonProcess.executable.path,
            arguments,
            input: Array((registry.password ?? "").utf8)
        )
    }

    /// ORAS as PyPI has it; `Tests/run.sh` installs it and names its Python.
    static func withORAS(_ file: String, in directory: String, to reference: String, registry: DockerRegistry) throws {
        let home = try TemporaryDirectory()
        let script = """
            import sys, oras.client
            target, file, user, password, ca = sys.argv[1:]
            client = oras.client.OrasClient(insecure=not ca, tls_verify=ca or False, auth_backend="basic")
            if user: client.login(username=user, password=password, hostname=target.split("/")[0], tls_verify=ca or False)
            client.push(target=target, files=[file])
            """
        try Command.run(
            PythonTools.interpreter,
            ["-c", script, reference, file, registry.username ?? "", registry.password ?? "", registry.caFile ?? ""],
            directory: directory,
            environment: ["HOME": home.path, "DOCKER_CONFIG": home.path]
        )
    }
}
