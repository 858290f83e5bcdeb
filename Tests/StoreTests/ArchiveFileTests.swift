import Glibc
import Platform
import TestSupport
import Testing

@testable import Store

@Suite struct ArchiveFileTests {
    /// More than all buffers hold, and no multiple of a page.
    private let content = (0..<(5 * ArchiveFile.bufferSize + 777)).map {
        UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9)
    }
    private let name = Array("archive".utf8)

    private func add(_ bytes: ArraySlice<UInt8>, to file: ArchiveFile, by size: Int) throws {
        var rest = bytes
        while !rest.isEmpty {
            let part = Array(rest.prefix(size))
            try file.append(part.span.bytes)
            rest = rest.dropFirst(part.count)
        }
    }

    private func whole(_ file: ArchiveFile) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let part = try file.read(at: Int64(bytes.count), upTo: 1 << 20)
            if part.isEmpty { return bytes }
            bytes += part
        }
    }

    @Test(arguments: [1000, 16_384, 4096 * 3 + 1, 3 << 20])
    func whatIsAddedIsThere(size: Int) throws {
        let place = try TemporaryDirectory()
        let file = try ArchiveFile(name, in: Directory(place.path))
        try add(content[...], to: file, by: size)
        #expect(file.length == Int64(content.count))
        try file.sync()
        #expect(try whole(file) == content)
    }

    /// The first write of each attempt after the first begins wherever the one before has ended.
    @Test(arguments: [0, 1, 4095, 4096, ArchiveFile.bufferSize, ArchiveFile.bufferSize + 1])
    func itIsTakenUpAtAnyByte(end: Int) throws {
        let place = try TemporaryDirectory()
        let directory = try Directory(place.path)
        do {
            let file = try ArchiveFile(name, in: directory)
            try add(content[..<end], to: file, by: 10_000)
            // Not flushed: what was added is there all the same once nobody has it any more.
        }
        let file = try ArchiveFile(name, in: directory)
        #expect(file.length == Int64(end))
        try add(content[end..<end + 5], to: file, by: 10)
        try file.flush()
        try add(content[(end + 5)...], to: file, by: 70_001)
        #expect(try whole(file) == content)
    }

    /// As on a file system that lets a file be opened for direct writes, and refuses them.
    @Test func whereDirectWritesAreRefusedItIsWrittenAsUsual() throws {
        let place = try TemporaryDirectory()
        let file = try ArchiveFile(name, in: Directory(place.path), alignment: 1)
        try add(content[..<1001], to: file, by: 1001)
        try file.flush()
        try add(content[1001...], to: file, by: 99_999)
        #expect(try whole(file) == content)
    }

    @Test func aFullDiskShowsAtTheLatestAtTheEnd() throws {
        let file = try ArchiveFile(Array("full".utf8), in: Directory("/dev"))
        let error = #expect(throws: SystemError.self) {
            try add(content[...], to: file, by: 65_536)
            try file.sync()
        }
        #expect(error?.code == ENOSPC)
    }

    @Test func whatIsAbandonedIsNotWritten() throws {
        let place = try TemporaryDirectory()
        let directory = try Directory(place.path)
        do {
            let file = try ArchiveFile(name, in: directory)
            try add(content[..<100], to: file, by: 100)
            file.abandon()
            #expect(file.length == 0)
        }
        #expect(try ArchiveFile(name, in: directory).length == 0)
    }
}
