import Content
import HTTP
import Platform
import Serving
import Store
import TestSupport
import Testing

/// A volume of a test's own, and a site that answers from it.
struct SiteFixture {
    static let modified = Timestamp(seconds: 784_111_777)  // Sun, 06 Nov 1994 08:49:37 GMT
    static let hello = Array("hello, world\n".utf8)
    /// printf 'hello, world\n' | sha256sum
    static let helloDigest = "853ff93762a06ddbf722c4ebe9ddd66d8f63ddaea97f521c3ecc20da7c976020"

    let directory: TemporaryDirectory
    let volume: Volume
    let site: Site

    init(
        listing: Bool = true,
        sync: @escaping @Sendable () -> SyncReport = { SyncReport(result: .unchanged, release: nil) }
    )
        throws
    {
        directory = try TemporaryDirectory()
        let volume = try Volume(directory: directory.path, options: .init(reserve: 0))
        self.volume = volume
        site = Site(
            volume: volume,
            options: SiteOptions(listing: listing, clock: { Timestamp(seconds: 4_102_444_800) }),
            status: {
                StatusDocument(
                    release: volume.active.map { ReleaseSummary($0, active: true) },
                    retained: volume.releases().count
                )
            },
            actions: SiteActions(on: volume, sync: sync)
        )
    }

    /// With one release, `4.5.13`, of the usual files.
    static func withRelease(listing: Bool = true) throws -> SiteFixture {
        let fixture = try SiteFixture(listing: listing)
        try fixture.publish("4.5.13", fill: "ab", usualFiles)
        return fixture
    }

    static let usualFiles: [String: String] = [
        "hello.txt": "hello, world\n", "empty": "", "roar/nickfury/versions.yaml": "versions: []\n",
        "web/index.html": "<p>index</p>\n", "health": "a file\n", "v1/_catalog": "a file\n", "-/status": "a file\n",
        "a..b/c%2fd.json": "{}\n", "evil.example/x": "x\n", "deep/a b/#1?.txt": "odd\n",
    ]

    /// Publishes a release whose manifest digest is `fill` 32 times over.
    @discardableResult
    func publish(_ tag: String, fill: String, _ files: [String: String], links: [String: String] = [:]) throws
        -> Release
    {
        let staging = try volume.stage(tag: try #require(Tag(tag)), digest: try #require(Self.digest(fill)))
        for (name, content) in files.sorted(by: { $0.key < $1.key }) {
            try add(name: Array(name.utf8), content: Array(content.utf8), to: staging)
        }
        for (name, target) in links {
            let path = try ReleasePath(Array(name.utf8))
            try staging.symbolicLink(path, target: Array(target.utf8), modified: Self.modified)
        }
        return try volume.publish(staging, archives: [])
    }

    func add(name: [UInt8], content: [UInt8], to staging: Staging) throws {
        let path = try ReleasePath(name)
        try staging.beginFile(path, size: Int64(content.count), modified: Self.modified)
        if !content.isEmpty { try staging.write(content.span.bytes) }
        try staging.endFile()
    }

    static func digest(_ fill: String) -> Digest? { Digest(hex: String(repeating: fill, count: 32)) }

    /// The answer to a request over the network.
    func answer(_ method: HTTP.Method = .get, _ target: String, _ fields: [String: String] = [:]) -> Answer<StoredFile>
    {
        site.answer(to: Request(method, target, fields))
    }
}

extension Answer<StoredFile> {
    /// The bytes that would be sent after the head.
    func content() throws -> [UInt8] {
        switch body {
        case .none: return []
        case .bytes(let bytes): return bytes
        case .file(let file, let offset, let count):
            return try Self.part(file, offset, count)
        case .parts(let parts):
            return try parts.flatMap { part in
                switch part {
                case .bytes(let bytes): bytes
                case .file(let file, let offset, let count): try Self.part(file, offset, count)
                }
            }
        case .pieces(let source):
            var bytes: [UInt8] = []
            while true {
                let piece = try source.next()
                if piece.isEmpty { return bytes }
                #expect(piece.count <= BodyPiece.limit)
                bytes += piece
            }
        }
    }

    private static func part(_ file: StoredFile, _ offset: Int64, _ count: Int64) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(count))
        let length = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
        #expect(length == bytes.count)
        return bytes
    }
}
