import Content
import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Store

/// A volume in a directory of the test's own, with a clock that the test turns.
final class TestVolume: Sendable {
    let directory: TemporaryDirectory
    private let now: Mutex<Int64>

    /// The first second of the test's clock: 2025-01-01.
    static let start: Int64 = 1_735_689_600

    init() throws {
        directory = try TemporaryDirectory()
        now = Mutex(Self.start)
    }

    var path: String { directory.appending("volume") }

    func open(retain: Int = 3, reserve: Int64 = 0, keepArchives: Bool = true) throws -> Volume {
        try Volume(
            directory: path,
            options: Volume.Options(retain: retain, reserve: reserve, keepArchives: keepArchives) {
                Timestamp(seconds: self.now.withLock { $0 })
            }
        )
    }

    func advance(by seconds: Int64) {
        now.withLock { $0 += seconds }
    }

    /// The names in a directory of the volume, sorted.
    func names(in name: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + name).sorted()
    }

    func exists(_ name: String) -> Bool {
        // Links that lead nowhere count, too.
        (try? FileManager.default.attributesOfItem(atPath: path + "/" + name)) != nil
    }

    func current() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: path + "/current")
    }

    func inode(_ name: String) throws -> UInt64 {
        try FileDescriptor.open(path + "/" + name, .readOnly).status().inode
    }
}

/// An entry of an artifact, as a test writes it.
enum Entry {
    case file(String, String, modified: Int64 = 1_000_000_000)
    case bytes(String, [UInt8])
    case directory(String)
    case link(String, String, modified: Int64 = 1_000_000_000)
    case hardLink(String, String)
}

func path(_ text: String) throws -> ReleasePath {
    try ReleasePath(Array(text.utf8))
}

func digest(_ byte: UInt8) throws -> Digest {
    try #require(Digest(bytes: [UInt8](repeating: byte, count: 32)))
}

extension Staging {
    func add(_ entries: [Entry]) throws {
        for entry in entries {
            switch entry {
            case .file(let name, let text, let modified):
                try add(name, Array(text.utf8), modified: modified)
            case .bytes(let name, let bytes):
                try add(name, bytes, modified: 1_000_000_000)
            case .directory(let name):
                try directory(path(name), modified: Timestamp(seconds: 1_000_000_000))
            case .link(let name, let target, let modified):
                try symbolicLink(path(name), target: Array(target.utf8), modified: Timestamp(seconds: modified))
            case .hardLink(let name, let target):
                try hardLink(path(name), to: path(target))
            }
        }
    }

    /// In pieces of odd sizes, as they come from an archive.
    private func add(_ name: String, _ bytes: [UInt8], modified: Int64) throws {
        try beginFile(path(name), size: Int64(bytes.count), modified: Timestamp(seconds: modified))
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(65_537))
            try write(part.span.bytes)
            rest = rest.dropFirst(part.count)
        }
        try endFile()
    }
}

extension PartialDownload {
    func append(_ bytes: [UInt8]) throws {
        try append(bytes.span.bytes)
    }
}

extension Volume {
    @discardableResult
    func publish(_ tag: String, _ number: UInt8, _ entries: [Entry]) throws -> Release {
        let staging = try stage(tag: try #require(Tag(tag)), digest: digest(number))
        do {
            try staging.add(entries)
        } catch {
            discard(staging)
            throw error
        }
        return try publish(staging, archives: [])
    }
}

extension Release {
    /// The content at `name`; `nil` where there is nothing or a directory.
    func content(_ name: String) throws -> String? {
        try data(name).map { String(decoding: $0, as: UTF8.self) }
    }

    func data(_ name: String) throws -> [UInt8]? {
        guard let record = try lookup(path(name)), record.kind == .file else { return nil }
        let file = try open(record)
        var bytes = [UInt8](repeating: 0, count: Int(file.size))
        var offset = 0
        while offset < bytes.count {
            let count = try bytes.withUnsafeMutableBytes { buffer in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[offset...]), at: Int64(offset))
            }
            try #require(count > 0)
            offset += count
        }
        return bytes
    }

    func modified(_ name: String) throws -> Int64? {
        try lookup(path(name))?.modified.seconds
    }
}

/// Writes into a file that may be read-only, as a careless administrator would.
func overwrite(_ path: String, _ text: String) throws {
    try FileManager.default.removeItem(atPath: path)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
}

func replaceByLink(_ path: String, to target: String) throws {
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
}
