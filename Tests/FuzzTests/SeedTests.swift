import Foundation
import FuzzTargets
import Testing

/// The inputs that the fuzzers begin with, and those that have found something: replayed in every run.
@Suite struct SeedTests {
    private static let seeds = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Seeds")

    @Test(arguments: FuzzTarget.all.map(\.name))
    func everySeedHolds(_ name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let folder = Self.seeds.appendingPathComponent(name)
        let seeds = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(seeds.count >= 3, "\(folder.path) has hardly a seed")
        for seed in seeds.sorted(by: { $0.path < $1.path }) {
            let bytes = Array(try Data(contentsOf: seed))
            #expect(throws: Never.self, "\(seed.lastPathComponent)") { try target.run(bytes) }
            // Cut off, and with a bit turned, the readers must hold, too.
            for index in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 64)) {
                var turned = bytes
                turned[index] ^= 1 << UInt8(index % 8)
                #expect(throws: Never.self, "\(seed.lastPathComponent), byte \(index) turned") {
                    try target.run(turned)
                }
                #expect(throws: Never.self, "\(seed.lastPathComponent), cut at \(index)") {
                    try target.run(Array(bytes[..<index]))
                }
            }
        }
    }

    @Test func everyFolderOfSeedsHasATarget() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.seeds.path)
        #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
    }
}
