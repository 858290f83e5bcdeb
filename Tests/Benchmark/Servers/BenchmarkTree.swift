import Foundation
import Glibc

/// What is served: small, middling and large files whose content is no line of zeros, and more small ones than a cache of
/// answers holds.
struct BenchmarkTree {
    let directory: String

    static let smallPath = "/4k/0.bin"
    static let middlingPath = "/64k/0.bin"
    static let largePath = "/large.bin"
    private static let manyInFolder = 100

    /// How many small files there are to ask for by turns.
    let many: Int
    /// The size of the file at ``largePath``.
    let largeMebibytes: Int
    /// A script for wrk that asks for one of ``many`` files at a time.
    let manyPaths: String

    /// - Parameter isQuick: packing, unpacking and deleting a whole tree takes a minute: then it is a third of one.
    init(in parent: String, isQuick: Bool) throws {
        directory = parent + "/www"
        many = isQuick ? 20_000 : 50_000
        largeMebibytes = isQuick ? 256 : 1024
        manyPaths = try RandomPaths.script(
            in: parent,
            files: many,
            path: #"string.format("/many/%d/%d.bin", math.floor(index / \#(Self.manyInFolder)), index)"#
        )
        try make("4k", 0..<1000, size: 4 << 10)
        try make("64k", 0..<100, size: 64 << 10)
        for folder in 0..<many / Self.manyInFolder {
            let first = folder * Self.manyInFolder
            try make("many/\(folder)", first..<first + Self.manyInFolder, size: 4 << 10)
        }
        let file = directory + Self.largePath
        try Data().write(to: URL(fileURLWithPath: file))
        guard let handle = FileHandle(forWritingAtPath: file) else { throw BenchmarkError("can't write \(file)") }
        for piece in 0..<largeMebibytes {
            try handle.write(contentsOf: FileContent.bytes(1 << 20, seed: UInt64(piece)))
        }
        try handle.close()
    }

    private func make(_ name: String, _ numbers: Range<Int>, size: Int) throws {
        try FileManager.default.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
        for number in numbers {
            try write(FileContent.bytes(size, seed: UInt64(number)), to: "\(directory)/\(name)/\(number).bin")
        }
    }

    /// Foundation's own waits for the disk at each file.
    private func write(_ data: Data, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw BenchmarkError("can't create \(path): errno \(errno)") }
        defer { close(file) }
        guard data.withUnsafeBytes({ Glibc.write(file, $0.baseAddress, $0.count) }) == data.count else {
            throw BenchmarkError("can't write \(path): errno \(errno)")
        }
    }
}

/// Bytes that compress to about a third, the same for the same seed: manifests with some binaries among them.
enum FileContent {
    static func bytes(_ count: Int, seed: UInt64) -> Data {
        let start = Int(seed.multipliedReportingOverflow(by: 7919).partialValue % UInt64(noise.count / 2))
        var data = Data(noise[start..<start + min(count / 3, noise.count / 2)])
        while data.count < count {
            let left = count - data.count
            let offset = Int(seed % 1024) * 61
            data.append(contentsOf: text[offset..<min(offset + left, text.count)])
        }
        // No two files are alike, or the daemon would link them.
        withUnsafeBytes(of: seed) { data.replaceSubrange(0..<min(8, count), with: $0.prefix(min(8, count))) }
        return data
    }

    /// Something packed, as images and charts are, and text behind it.
    ///
    /// - Parameter share: of what doesn't compress, 0 to 1.
    static func packed(_ count: Int, share: Double, seed: UInt64) -> Data {
        let packed = min(Int(Double(count) * share), noise.count / 2)
        let start = Int(seed.multipliedReportingOverflow(by: 7919).partialValue % UInt64(noise.count / 2))
        return Data(noise[start..<start + packed]) + ManifestText.bytes(count - packed, seed: seed)
    }

    private static let noise: [UInt8] = {
        var generator = Xorshift(state: 0x9E37_79B9_7F4A_7C15)
        return (0..<(1 << 20)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }()

    private static let text: [UInt8] = Array(
        String(repeating: "version: 4.5.15\nfilepath: /roar/nickfury/4.5/version.yaml\n", count: 20_000).utf8
    )
}

/// Numbers that are the same in each run. Source: Marsaglia, "Xorshift RNGs", 2003.
struct Xorshift: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
