import Archive
import Content
import Foundation
import GRDB
import Registry
import TestSupport
import Testing

@testable import Daemon
@testable import Store

struct RepairerTests {
    /// One damage that can't be mended leaves the others none the worse.
    @Test func goesOnAfterAFailure() throws {
        let directory = try TemporaryDirectory()
        let volume = try Volume(directory: directory.path, options: Volume.Options())
        let digest = try #require(Digest(bytes: [UInt8](repeating: 1, count: 32)))
        let staging = try volume.stage(tag: #require(Tag("1")), digest: digest)
        let names = (0..<5).map { "link\($0)" }
        for name in names {
            try staging.symbolicLink(
                ReleasePath(Array(name.utf8)),
                target: Array("target".utf8),
                modified: Timestamp(seconds: 1)
            )
        }
        let release = try volume.publish(staging, archives: [])
        let tree = "\(directory.path)/releases/\(release.id)/"
        for name in names { try FileManager.default.removeItem(atPath: tree + name) }
        let report = try #require(try volume.verify { _ in true })
        #expect(report.damages.count == names.count)
        // Whatever the order in which they are mended.
        try volume.index.write("test") { database in
            try database.execute(sql: "UPDATE files SET kind = 9 WHERE name = ?", arguments: [Data("link2".utf8)])
        }
        let outcome = Repairer(volume: volume, source: nil, limits: ArchiveLimits())
            .mend(report.damages, before: Deadline(after: .seconds(60)))
        #expect(outcome.restored.count == names.count - 1)
        #expect(outcome.error?.contains("link2") == true, "\(outcome.error ?? "no error")")
        for name in names {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: tree + name)
            #expect(target == (name == "link2" ? nil : "target"))
        }
    }
}
