import Content
import TestSupport
import Testing

@testable import Registry

/// The size of a blob is held to where it comes from and where it is verified, each without trust in the other.
struct BlobSizeTests {
    /// A source that hands over what it likes.
    private struct Careless: ReleaseSource {
        let pieces: [[UInt8]]

        var location: Reference.Location { .layout(directory: "careless") }

        func tags(before deadline: Deadline) throws(RegistryError) -> [ReleaseTag] { [] }

        func digest(of tag: ReleaseTag, before deadline: Deadline) throws(RegistryError) -> Digest {
            throw .noSuchTag(tag, location: "\(location)")
        }

        func manifest(_ which: ManifestSelector, before deadline: Deadline) throws(RegistryError) -> Manifest {
            throw .noTags(location: "\(location)")
        }

        func referrers(of digest: Digest, before deadline: Deadline) throws(RegistryError) -> [Referrer] { [] }

        func blob(
            _ descriptor: Descriptor,
            from offset: Int64,
            before deadline: Deadline,
            receive: (RawSpan) throws -> Void
        ) throws {
            for piece in pieces { try receive(piece.span.bytes) }
        }
    }

    private let blob = Fixture.bytes(3000)

    private static func isSizeMismatch(_ error: RegistryError?) -> Bool {
        guard case .sizeMismatch = error else { return false }
        return true
    }

    private static func isIncomplete(_ error: RegistryError?) -> Bool {
        guard case .incomplete = error else { return false }
        return true
    }

    @Test func verifyingTakesNoSourcesWordForTheSize() throws {
        let descriptor = try Fixture.descriptor(blob)
        for pieces in [[blob, [1]], [blob + [1]], [Array(blob.dropLast())], []] {
            var received = 0
            let error = #expect(throws: RegistryError.self) {
                try Download.run(descriptor, from: Careless(pieces: pieces), before: Fixture.deadline) { bytes, _ in
                    received += bytes.byteCount
                }
            }
            #expect(Self.isSizeMismatch(error), "\(String(describing: error))")
            // What is too much is not even handed on to be written.
            #expect(received <= blob.count)
        }
    }

    /// Without a length in its header, as a length would already give it away.
    @Test func aRegistryIsNotTakenAtItsWord() throws {
        let head = Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8)
        let descriptor = try Fixture.descriptor(blob)
        for body in [blob + [1], Array(blob.dropLast())] {
            // Whether it is asked for the rest or for the whole once more, it gives the same.
            let server = try ScriptedServer { _ in .bytes(head + body) }
            var received: [UInt8] = []
            let error = #expect(throws: RegistryError.self) {
                try Fixture.client(server).blob(descriptor, from: 0, before: Fixture.deadline) { bytes in
                    bytes.withUnsafeBytes { received.append(contentsOf: $0) }
                }
            }
            // Less may still become the whole, more never does.
            let isAsExpected = body.count > blob.count ? Self.isSizeMismatch(error) : Self.isIncomplete(error)
            #expect(isAsExpected, "\(String(describing: error))")
            #expect(received == Array(blob.prefix(received.count)))
        }
    }

    /// A byte at a time is progress, but no registry is asked for ever.
    @Test func dribblingEnds() throws {
        let blob = blob
        let server = try ScriptedServer { request in
            let first = request["Range"].flatMap { Int($0.filter(\.isNumber)) } ?? 0
            let range = "Content-Range: bytes \(first)-\(blob.count - 1)/\(blob.count)"
            return .http(
                first == 0 ? 200 : 206,
                ["Content-Length: \(blob.count - first)"] + (first == 0 ? [] : [range]),
                body: [blob[first]]
            )
        }
        let descriptor = try Fixture.descriptor(blob)
        let error = #expect(throws: RegistryError.self) {
            try Fixture.client(server).blob(descriptor, from: 0, before: Fixture.deadline) { _ in }
        }
        #expect(Self.isIncomplete(error), "\(String(describing: error))")
        #expect(server.requests.count == DistributionClient.mostResumptions + 1)
        // What came stays, and the next attempt begins there.
        #expect(error?.isTransient == true)
    }
}
