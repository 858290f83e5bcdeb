import Content
import Store
import Testing

@testable import Serving

/// The table behind ``RecentFiles``.
struct RecentPathsTests {
    private func entry(_ path: String, size: Int64) throws -> RecentPaths.Entry {
        RecentPaths.Entry(
            path: Array(path.utf8),
            size: size,
            digest: try #require(Digest(bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: size), count: 32))),
            modified: Timestamp(seconds: size),
            family: UInt8(size % 7)
        )
    }

    private func find(_ paths: RecentPaths, _ path: String, hash: UInt32? = nil) -> RecentPaths.Entry? {
        let bytes = Array(path.utf8)
        return paths.find(bytes.span, hash ?? RecentPaths.hash(bytes.span))
    }

    private func isSame(_ found: RecentPaths.Entry?, _ entry: RecentPaths.Entry) -> Bool {
        found?.path == entry.path && found?.size == entry.size && found?.digest == entry.digest
            && found?.modified == entry.modified && found?.family == entry.family
    }

    @Test func findsWhatWasInserted() throws {
        var paths = RecentPaths()
        for number in 0..<2000 {
            let path = "d\(number % 7)/f\(number)"
            // Every other one under a name that is not the file's path.
            let target = Array((number % 2 == 0 ? "/\(path)" : "/%64\(path.dropFirst())").utf8)
            paths.insert(target.span, RecentPaths.hash(target.span), try entry(path, size: Int64(number)))
        }
        for number in 0..<2000 {
            let path = "d\(number % 7)/f\(number)"
            let (plain, encoded) = (find(paths, "/\(path)"), find(paths, "/%64\(path.dropFirst())"))
            #expect(isSame(number % 2 == 0 ? plain : encoded, try entry(path, size: Int64(number))))
            #expect((number % 2 == 0 ? encoded : plain) == nil)
        }
        for other in ["", "/", "d0/f0", "//d0/f0", "/d0/f0/", "/d0/f", "/d0/f00"] { #expect(find(paths, other) == nil) }
    }

    @Test func tellsApartWhatHasOneHash() throws {
        var paths = RecentPaths()
        for number in 0..<100 {
            let target = Array("/\(number)".utf8)
            paths.insert(target.span, 42, try entry("\(number)", size: Int64(number)))
        }
        for number in 0..<100 {
            #expect(find(paths, "/\(number)", hash: 42)?.size == Int64(number))
        }
        #expect(find(paths, "/100", hash: 42) == nil)
        // One place further, where they have run over.
        #expect(find(paths, "/1", hash: 43) == nil)
    }

    @Test func isFullByNumberOrByBytes() throws {
        var paths = RecentPaths()
        let target = Array(("/%61" + String(repeating: "b", count: 200)).utf8)
        paths.insert(target.span, 1, try entry("a" + String(repeating: "b", count: 200), size: 1))
        #expect(!paths.isFull(10))
        // 405 bytes, of the path and of the target, are more than six usual ones.
        #expect(paths.isFull(6))
        #expect(paths.isFull(1))
        var long = RecentPaths()
        let path = String(repeating: "b", count: 250)
        long.insert(Array("/\(path)".utf8).span, 1, try entry(path, size: 1))
        #expect(long.isFull(3))
        #expect(!long.isFull(4))
    }
}
