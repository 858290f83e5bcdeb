import Foundation
import Synchronization
import TestSupport
import Testing

/// Certificates that are renewed again and again while clients come and go.
@Suite struct CertificateSwapTests {
    private static let rounds = LongTests.areWanted ? 1000 : 60

    /// Every request is answered with one of the certificates of the authority, whenever it comes.
    @Test func noRequestFailsWhileThePairIsSwapped() throws {
        let directory = try TemporaryDirectory()
        let authority = try CertificateAuthority()
        let pairs = [
            try authority.issue(["DNS:localhost", "IP:127.0.0.1"]),
            try authority.issue(["DNS:localhost", "IP:127.0.0.1"], rsa: true),
        ]
        let secret = directory.appending("secret")
        for (index, pair) in pairs.enumerated() {
            try Command.run("mkdir", ["-p", "\(secret)/\(index)"])
            try Command.run("cp", [pair.certificateFile, "\(secret)/\(index)/tls.crt"])
            try Command.run("cp", [pair.keyFile, "\(secret)/\(index)/tls.key"])
        }
        func mount(_ index: Int) throws {
            // As Kubernetes does it: a new symbolic link renamed over the old one.
            let link = "\(secret)/..new"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "\(index)")
            try #require(rename(link, "\(secret)/..data") == 0)
        }
        try mount(0)
        let site = try RunningSite(
            source: ["repository: oci-layout:/nowhere"],
            listener: ["certificateFile: \(secret)/..data/tls.crt", "keyFile: \(secret)/..data/tls.key"],
            in: directory
        )

        // One client that keeps its connection, and one that makes a new one for each request.
        let isOver = Atomic(false)
        let clients = DispatchGroup()
        let failures = Mutex<[String]>([])
        let answered = Atomic<Int>(0)
        for fields in [[], ["-H", "Connection: close"]] {
            let load = DispatchQueue(label: "load")
            load.async(group: clients) {
                while !isOver.load(ordering: .relaxed) {
                    let urls = [String](repeating: "\(site.url)/health", count: 20)
                    do {
                        let output = try Command.output(
                            "curl",
                            ["-sSf", "--max-time", "60", "--cacert", authority.caFile] + fields + urls
                        )
                        if output.status != 0 { failures.withLock { $0.append(output.err) } }
                        answered.add(output.text.split(separator: "\n").count, ordering: .relaxed)
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
            }
        }
        for round in 1...Self.rounds {
            try mount(round % 2)
            site.daemon.kill(SIGHUP)
            try site.daemon.wait(for: "certificate \(round)") { lines in
                lines.count { $0.contains("Serving another certificate") } >= round ? true : nil
            }
        }
        isOver.store(true, ordering: .relaxed)
        clients.wait()
        #expect(failures.withLock { $0 } == [])
        #expect(answered.load(ordering: .relaxed) > 0)
        #expect(site.daemon.stop() == 0)
    }
}
