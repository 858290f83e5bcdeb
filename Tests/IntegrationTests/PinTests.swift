import Foundation
import TestSupport
import Testing

/// A release that is pinned by its digest keeps the tag that it came with.
@Suite struct PinTests {
    @Test func aPinnedDigestKeepsTheTag() throws {
        let directory = try TemporaryDirectory()
        let layout = directory.appending("layout")
        let program = DaemonProcess.executable.path
        func run(_ arguments: [String], _ environment: [String: String] = [:]) throws -> String {
            try Command.run(program, arguments, environment: environment).text
        }
        let common = [
            "SPECMAN_SOURCE_REPOSITORY": "oci-layout:\(layout)",
            "SPECMAN_STORAGE_DIRECTORY": directory.appending("volume"),
        ]
        var digests: [String] = []
        for tag in ["1.0.0", "2.0.0"] {
            let tree = directory.appending(tag)
            try Tree.write(["tag": tag], to: tree)
            let pushed = try run(["push", tree, "oci-layout:\(layout):\(tag)"])
            digests.append(
                try #require(pushed.split(separator: " ").first { $0.hasPrefix("sha256:") }.map(String.init))
            )
            #expect(try run(["sync"], common) == "published \(tag) \(digests[digests.count - 1])\n")
        }
        func pinned(_ digest: String) -> [String: String] {
            common.merging(["SPECMAN_SOURCE_TAGS_POLICY": "pinned", "SPECMAN_SOURCE_TAGS_PIN": digest]) { $1 }
        }
        #expect(try run(["sync"], pinned(digests[1])) == "unchanged 2.0.0 \(digests[1])\n")
        // Back to the one before, which is on the volume still.
        #expect(try run(["sync"], pinned(digests[0])).hasSuffix(" \(digests[0])\n"))
        #expect(try run(["cat", "tag"], common) == "1.0.0")
        #expect(try run(["sync"], pinned(digests[0])) == "unchanged 1.0.0 \(digests[0])\n")
    }
}
