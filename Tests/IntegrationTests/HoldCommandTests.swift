import Foundation
import TestSupport
import Testing

/// `specman activate`, `resume`, and where a hold shows.
@Suite struct HoldCommandTests {
    private func twoReleases(_ environment: [String: String] = [:]) throws -> Specman {
        let specman = try Specman(environment)
        for number in 1...2 {
            try push(specman, number)
            #expect(try specman.run("sync").hasPrefix("published \(number).0.0 "))
        }
        return specman
    }

    private func push(_ specman: Specman, _ number: Int) throws {
        let tree = try specman.tree("tree", ["a": "\(number)"])
        try specman.run(
            "push",
            tree,
            specman.reference("\(number).0.0"),
            environment: ["SOURCE_DATE_EPOCH": "\(1_700_000_000 + number)"]
        )
    }

    @Test func withoutADaemon() throws {
        let specman = try twoReleases()
        let line = try specman.run("activate", "1.0.0", "--reason", "2.0.0 is broken")
        #expect(line.hasPrefix("held 1.0.0 sha256:"), "\(line)")
        #expect(line.contains(": 2.0.0 is broken"), "\(line)")
        #expect(try specman.run("cat", "a") == "1")
        try push(specman, 3)
        let sync = try specman.run("sync")
        #expect(sync.hasPrefix("held 1.0.0 "), "\(sync)")
        #expect(sync.contains("newest is 3.0.0; specman resume"), "\(sync)")
        #expect(try specman.run("releases").contains("1.0.0 is held by "))
        #expect(try specman.run("tags").contains("1.0.0 is held by "))
        #expect(try specman.run("resume").hasPrefix("resumed: 1.0.0 was held by "))
        #expect(try specman.run("resume") == "unchanged: nothing was held\n")
        #expect(try specman.run("sync").hasPrefix("published 3.0.0 "))
        #expect(try !specman.run("releases").contains("held"))
        let missing = try specman.output("activate", "9.9.9")
        #expect(missing.status == 1)
        #expect(missing.err.contains("no release 9.9.9"), "\(missing.err)")
        #expect(try specman.output("activate", "1.0.0", "--reason", "a\nb").status == 64)
    }

    @Test func withADaemonThatStartsAgain() throws {
        let specman = try twoReleases(["SPECMAN_MANAGEMENT_ADDRESS": "127.0.0.1:0", "SPECMAN_SOURCE_INTERVAL": "200ms"])
        func metrics(_ daemon: DaemonProcess) throws -> String {
            try Command.run("curl", ["-sS", "http://127.0.0.1:\(daemon.port(of: "http"))/metrics"]).text
        }
        do {
            let daemon = try specman.serve()
            try daemon.wait(forLine: "Serving 2.0.0")
            #expect(try specman.run("activate", "1.0.0", "--reason", "because").hasPrefix("held 1.0.0 sha256:"))
            try daemon.wait(forLine: "level=warning msg=\"Holding 1.0.0\"")
            #expect(try specman.run("cat", "a") == "1")
            try push(specman, 3)
            try daemon.wait(forLine: "newest=3.0.0")
            #expect(daemon.stop() == 0)
        }
        let daemon = try specman.serve()
        try daemon.wait(forLine: "level=warning msg=\"Holding 1.0.0\"")
        try daemon.wait(forLine: "newest=3.0.0")
        let status = try specman.run("status")
        #expect(status.contains(": because"), "\(status)")
        #expect(status.firstMatch(of: /newest +3\.0\.0/) != nil, "\(status)")
        #expect(try metrics(daemon).contains("specman_release_held 1\n"))
        #expect(try specman.run("sync").hasPrefix("held 1.0.0 "))
        #expect(try specman.run("cat", "a") == "1")
        #expect(try specman.run("resume").hasPrefix("resumed 1.0.0 "))
        // At once, not at the next poll that is due.
        try daemon.wait(forLine: "msg=\"Serving 3.0.0\"")
        #expect(try metrics(daemon).contains("specman_release_held 0\n"))
        #expect(try !specman.run("status").contains("because"))
        #expect(daemon.stop() == 0)
    }

    @Test func administratorsOnlyOverTheNetwork() throws {
        let specman = try twoReleases()
        let daemon = try specman.serve()
        let port = try daemon.port()
        for path in ["activate?release=1.0.0", "resume", "import?folder=x&tag=1", "verify", "sync"] {
            let status = try Command.run(
                "curl",
                ["-sSk", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "https://127.0.0.1:\(port)/-/\(path)"]
            )
            #expect(status.text == "403", "\(path)")
        }
        #expect(daemon.stop() == 0)
    }
}
