import Content
import Platform
import Testing

@testable import Store

@Suite struct PartialDownloadTests {
    private let text = Array("the bytes of a layer".utf8)

    private func blob(_ number: UInt8) throws -> Descriptor {
        Descriptor(mediaType: "", digest: try digest(number), size: Int64(text.count))
    }

    private func content(_ download: PartialDownload) throws -> [UInt8] {
        var bytes: [UInt8] = []
        // In pieces smaller than the whole, as who resumes reads it.
        while true {
            let part = try download.read(at: Int64(bytes.count), upTo: 7)
            if part.isEmpty { return bytes }
            bytes += part
        }
    }

    @Test func whatWasReceivedOutlivesARestart() throws {
        let test = try TestVolume()
        do {
            let download = try test.open().download(for: blob(1))
            #expect(download.length == 0)
            try download.append(Array(text[..<5]))
        }
        let volume = try test.open()
        let download = try volume.download(for: blob(1))
        #expect(download.length == 5)
        try download.append(Array(text[5...]))
        #expect(download.length == Int64(text.count))
        #expect(try content(download) == text)
        #expect(try download.read(at: 4, upTo: 5) == Array("bytes".utf8))
        #expect(try download.read(at: 100, upTo: 5).isEmpty)
    }

    @Test func itCanBeginAnew() throws {
        let test = try TestVolume()
        let download = try test.open().download(for: blob(1))
        try download.append(Array("wrong".utf8))
        try download.reset()
        #expect(download.length == 0)
        try download.append(text)
        #expect(try content(download) == text)
        try download.discard()
        #expect(try test.names(in: "archives").isEmpty)
    }

    @Test func moreThanTheBlobHasIsForgotten() throws {
        let test = try TestVolume()
        do { try test.open().download(for: blob(1)).append(text + [1]) }
        #expect(try test.open().download(for: blob(1)).length == 0)
    }

    @Test func archivesLiveAsLongAsTheirReleases() throws {
        let test = try TestVolume()
        let volume = try test.open(retain: 1)
        func publish(_ number: UInt8, _ blobs: [UInt8]) throws -> Release {
            let staging = try volume.stage(tag: #require(Tag("\(number)")), digest: digest(number))
            try staging.add([.file("f", "\(number)")])
            let downloads = try blobs.map { number in
                let download = try volume.download(for: blob(number))
                if download.length == 0 { try download.append(text) }
                return download
            }
            return try volume.publish(staging, archives: downloads)
        }
        try volume.download(for: blob(50)).append(text)
        let first = try publish(1, [11, 10])
        #expect(first.archives == [try digest(11), try digest(10)])
        #expect(try test.names(in: "archives") == [try digest(10).hex, try digest(11).hex])
        // The same layer again is not received again; beginning anew leaves the kept archive alone.
        let again = try volume.download(for: blob(10))
        #expect(again.length == Int64(text.count))
        try again.reset()
        #expect(try volume.openArchive(digest(10))?.size == Int64(text.count))
        try again.discard()
        _ = try publish(2, [10])
        #expect(try test.names(in: "archives") == [try digest(10).hex])
        #expect(try volume.openArchive(digest(11)) == nil)
    }

    /// A volume with a release whose archive holds `kept`, and no download under way.
    private func volume(keeping kept: [UInt8]) throws -> (test: TestVolume, volume: Volume) {
        let test = try TestVolume()
        let volume = try test.open()
        let staging = try volume.stage(tag: #require(Tag("1")), digest: digest(1))
        try staging.add([.file("f", "1")])
        let download = try volume.download(for: blob(1))
        try download.append(text)
        _ = try volume.publish(staging, archives: [download])
        try overwrite(test.path + "/archives/" + digest(1).hex, String(decoding: kept, as: UTF8.self))
        return (test, volume)
    }

    @Test func aKeptArchiveThatIsDamagedIsNotTakenTwice() throws {
        let (test, volume) = try volume(keeping: Array("the bytes of a lawyer".utf8.prefix(text.count)))
        let download = try volume.download(for: blob(1))
        #expect(download.length == Int64(text.count))
        // Whoever takes it finds that its digest is another one.
        try download.discard()
        #expect(try test.names(in: "archives").isEmpty)
        #expect(try volume.download(for: blob(1)).length == 0)
    }

    @Test func nothingIsAddedToAKeptArchive() throws {
        let (test, volume) = try volume(keeping: Array(text.prefix(5)))
        let download = try volume.download(for: blob(1))
        #expect(download.length == 0)
        try download.append(text)
        #expect(try FileDescriptor.open(test.path + "/archives/" + digest(1).hex, .readOnly).status().size == 5)
        // What was received now is kept in its place.
        let staging = try volume.stage(tag: #require(Tag("2")), digest: digest(2))
        _ = try volume.publish(staging, archives: [download])
        #expect(try volume.openArchive(digest(1))?.size == Int64(text.count))
    }

    @Test func twoLayersMayBeTheSameBytes() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let staging = try volume.stage(tag: #require(Tag("1")), digest: digest(1))
        let first = try volume.download(for: blob(1))
        try first.append(text)
        try first.flush()
        let second = try volume.download(for: blob(1))
        #expect(second.length == Int64(text.count))
        let release = try volume.publish(staging, archives: [first, second])
        #expect(release.archives == [try digest(1), try digest(1)])
        #expect(try test.names(in: "archives") == [try digest(1).hex])
    }

    @Test func whatNobodyWaitsForIsForgotten() throws {
        let (test, volume) = try volume(keeping: text)
        for number in [2, 3] as [UInt8] { try volume.download(for: blob(number)).append(Array("half".utf8)) }
        volume.forgetDownloads(besides: [try blob(3)])
        let kept = try digest(1).hex
        #expect(try test.names(in: "archives") == [try digest(3).hex + ".partial", kept].sorted())
        volume.forgetDownloads()
        #expect(try test.names(in: "archives") == [kept])
        #expect(volume.takeProblems().isEmpty)
    }

    @Test func archivesThatAreNotWantedAreRemoved() throws {
        let test = try TestVolume()
        let volume = try test.open(keepArchives: false)
        let staging = try volume.stage(tag: #require(Tag("1")), digest: digest(1))
        let download = try volume.download(for: blob(1))
        try download.append(text)
        let release = try volume.publish(staging, archives: [download])
        #expect(release.archives.isEmpty)
        #expect(try test.names(in: "archives").isEmpty)
    }

    @Test func theReserveStaysFree() throws {
        let test = try TestVolume()
        let volume = try test.open()
        let free = try volume.freeSpace()
        #expect(free > 0)
        let huge = Descriptor(mediaType: "", digest: try digest(1), size: Int64.max)
        let error = #expect(throws: StoreError.self) { try volume.download(for: huge) }
        guard case .belowReserve = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func nothingIsStagedIntoTheReserve() throws {
        let test = try TestVolume()
        let volume = try test.open(reserve: Int64.max / 2)
        #expect(throws: StoreError.self) { try volume.stage(tag: #require(Tag("1")), digest: digest(1)) }
        #expect(try test.names(in: "staging").isEmpty)
        let core = try StagingCore(
            layout: volume.layout,
            index: volume.index,
            number: 1,
            root: volume.layout.staging,
            retained: RetainedReleases([], active: nil),
            reserve: Int64.max / 2
        )
        let staging = Staging(tag: try #require(Tag("1")), digest: try digest(1), core: core)
        #expect(throws: StoreError.self) {
            try staging.beginFile(path("large"), size: Staging.smallFile + 1, modified: Timestamp(seconds: 1))
        }
        try staging.add([.file("small", "x")])
        let error = #expect(throws: StoreError.self) { try staging.seal() }
        guard case .belowReserve = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try test.names(in: "staging").isEmpty)
    }
}
