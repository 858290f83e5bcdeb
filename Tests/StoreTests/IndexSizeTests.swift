import Content
import Foundation
import GRDB
import Testing

@testable import Store

/// What a release that came to nothing took of the volume by its rows is given back.
struct IndexSizeTests {
    private func size(_ test: TestVolume) throws -> Int {
        try ["", "-wal"].reduce(0) { sum, suffix in
            let path = test.path + "/index.sqlite" + suffix
            guard FileManager.default.fileExists(atPath: path) else { return sum }
            return sum + (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0)
        }
    }

    @Test func removedRowsLeaveNothing() throws {
        let test = try TestVolume()
        let volume = try test.open()
        try volume.publish("1", 1, [.file("f", "1")])
        let before = try size(test)
        let folder = Array(repeating: String(repeating: "d", count: 200), count: 10).joined(separator: "/")
        let rows = try (0..<2000).map { number in
            IndexRow(path: try path("\(folder)/\(number)"), kind: .directory, modified: nil)
        }
        try volume.index.writeLazily("test") { database in try Index.insert(rows, into: 77, database) }
        #expect(try size(test) > before + 4_000_000)
        _ = try volume.index.writeLazily("test") { database in
            try Index.removeRows(of: 77, limit: .max, database)
        }
        // Not worth it, and not wanted any more.
        try volume.index.shrink { true }
        try volume.index.shrink(from: 100) { false }
        #expect(try size(test) > before + 4_000_000)
        try volume.index.shrink(from: 100) { true }
        #expect(try size(test) < before + 100_000)
        #expect(try volume.active?.content("f") == "1")
    }
}
