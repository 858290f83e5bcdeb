import Foundation
import TestSupport
import Testing

/// Links of both kinds, packed by GNU tar, as curl sees them: what they lead to, under their own names.
@Suite struct LinkTests {
    private func serve(_ script: String, in directory: TemporaryDirectory) throws -> RunningSite {
        let tree = directory.appending("tree")
        let layout = directory.appending("layout")
        let archive = directory.appending("manifests.tgz")
        try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
        try Command.run("sh", ["-ec", script], directory: tree)
        // Sorted: `aaa` comes before what it leads to.
        try Command.run("tar", ["--sort=name", "-czf", archive, "."], directory: tree)
        try Command.run(DaemonProcess.executable.path, ["push", archive, "oci-layout:\(layout):1.0.0"])
        return try RunningSite(source: ["repository: oci-layout:\(layout)"], in: directory)
    }

    @Test func linksAreServedAsWhatTheyLeadTo() throws {
        let directory = try TemporaryDirectory()
        let site = try serve(
            """
            mkdir -p roar/nickfury/4.5 zzz
            printf 'version: 4.5\\n' > roar/nickfury/4.5/version.yaml
            printf 'versions: []\\n' > roar/nickfury/4.5/versions.yaml
            printf later > zzz/file
            ln -s 4.5 roar/nickfury/latest
            ln -s latest roar/nickfury/newest
            ln -s nickfury/newest roar/current
            ln -s ./nickfury/../nickfury/./4.5//version.yaml roar/dots
            ln -s current/version.yaml roar/via
            ln -s zzz/file aaa
            ln -s . self
            ln -s nowhere dangling
            ln -s roar/nowhere/../nickfury dangling-climb
            ln roar/nickfury/4.5/version.yaml hard
            """,
            in: directory
        )
        try site.daemon.wait(forLine: "msg=\"Serving 1.0.0\"")
        let version = "version: 4.5\n"
        for path in [
            "/roar/nickfury/latest/version.yaml", "/roar/nickfury/newest/version.yaml", "/roar/current/version.yaml",
            "/roar/dots", "/roar/via", "/self/self/roar/via", "/hard", "/-/releases/1.0.0/roar/current/version.yaml",
        ] {
            #expect(try site.get(path).text == version, "\(path)")
        }
        #expect(try site.get("/aaa").text == "later")
        func tag(_ path: String) throws -> Substring? {
            try site.get(path, ["-I"]).text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("etag:") }
        }
        #expect(try tag("/roar/via") == tag("/roar/nickfury/4.5/version.yaml"))
        #expect(try tag("/hard") == tag("/roar/nickfury/4.5/version.yaml"))

        // A link to a directory is one: listed, with a redirect to where its relative references hold.
        let names = ["-H", "Accept: text/plain"]
        for path in ["/roar/nickfury/latest/", "/roar/nickfury/newest/", "/roar/current/"] {
            #expect(try site.get(path, names).text == "version.yaml\nversions.yaml\n", "\(path)")
        }
        let redirect = try site.get("/roar/current", ["-o", "/dev/null", "-w", "%{http_code} %{redirect_url}"]).text
        #expect(redirect == "301 \(site.url)/roar/current/")
        let top = try site.get("/", names).text
        #expect(top == "roar/\nself/\nzzz/\naaa\nhard\n")

        // What leads to nothing is nothing, as for any file server.
        for path in ["/dangling", "/dangling-climb", "/dangling-climb/4.5/version.yaml", "/roar/via/x"] {
            #expect(try site.status(path) == 404, "\(path)")
        }
        #expect(site.daemon.stop() == 0)
    }
}
