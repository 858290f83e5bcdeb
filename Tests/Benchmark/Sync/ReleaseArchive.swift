import Archive
import Content
import Foundation

/// An archive of many files, made without a tree on the disk: manifests, and packed things among them.
enum ReleaseArchive {
    /// Writes a `.tgz`.
    ///
    /// - Parameters:
    ///   - changed: of how many files one has another content than in revision 0; none in revision 0 itself.
    ///   - share: how much of the files that are no YAML doesn't compress, 0 to 1.
    static func write(
        _ path: String,
        files: Int,
        size: Int,
        revision: Int = 0,
        changed every: Int = 100,
        packed share: Double = 0.3
    ) throws {
        try Data().write(to: URL(fileURLWithPath: path))
        guard let file = FileHandle(forWritingAtPath: path) else { throw BenchmarkError("can't write \(path)") }
        var writer = try ArchiveWriter { bytes in
            try bytes.withUnsafeBytes { try file.write(contentsOf: Data($0)) }
        }
        let time = Timestamp(seconds: 1_700_000_000)
        for folder in 0..<(files + perFolder - 1) / perFolder {
            try writer.addDirectory(try ReleasePath(Array(name(folder).utf8)), modified: time)
            for index in folder * perFolder..<min(files, (folder + 1) * perFolder) {
                // One of each so many, and not always the same one: YAML as often as anything else.
                let isChanged = revision > 0 && index % every == index / every % every
                let seed = UInt64(index) + (isChanged ? UInt64(revision) * 10_000_000 : 0)
                // What specman looks through before it publishes a release.
                let isManifest = index % manifestEvery == 0
                let content = [UInt8](
                    isManifest
                        ? ManifestText.bytes(size, seed: seed) : FileContent.packed(size, share: share, seed: seed)
                )
                try writer.beginFile(
                    try ReleasePath(Array("\(name(folder))/\(name(index)).\(isManifest ? "yaml" : "bin")".utf8)),
                    size: Int64(content.count),
                    modified: time
                )
                try writer.write(content.span.bytes)
                try writer.endFile()
            }
        }
        try writer.finish()
        try file.close()
    }

    static let perFolder = 1000
    static let manifestEvery = 10

    /// The path of a file of such an archive.
    static func path(of index: Int) -> String {
        "/\(name(index / perFolder))/\(name(index)).\(index % manifestEvery == 0 ? "yaml" : "bin")"
    }

    /// The same as an expression in Lua, of `index`.
    static let pathInLua =
        #"string.format("/%07d/%07d.%s", math.floor(index / \#(perFolder)), index, "#
        + #"index % \#(manifestEvery) == 0 and "yaml" or "bin")"#

    /// Of one length, so that the order of numbers is that of names, which the archive wants.
    private static func name(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 7 - String(number).count)) + String(number)
    }
}
