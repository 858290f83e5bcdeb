import Content
import Testing

@Suite struct ReleasePathTests {
    private func path(_ text: String) throws -> ReleasePath { try ReleasePath(Array(text.utf8)) }

    @Test(arguments: [
        ("./roar/nickfury/versions.yaml", "roar/nickfury/versions.yaml"), ("a//b/./c/", "a/b/c"), (".", ""), ("./", ""),
        ("", ""), ("a..b/...", "a..b/..."), ("a\\..\\b", "a\\..\\b"),
    ])
    func normalised(_ text: String, _ expected: String) throws {
        #expect(try path(text).description == expected)
    }

    @Test(arguments: [
        ("/etc/passwd", ReleasePath.Fault.absolute), ("/", .absolute), ("a/../b", .climbs), ("..", .climbs),
        ("a\u{0}b", .containsNUL), (String(repeating: "a", count: 256), .componentTooLong),
        (Array(repeating: String(repeating: "a", count: 200), count: 20).joined(separator: "/"), .tooLong),
        (Array(repeating: "a", count: 65).joined(separator: "/"), .tooDeep),
    ])
    func refused(_ text: String, _ fault: ReleasePath.Fault) {
        #expect(throws: fault) { try path(text) }
    }

    @Test func limitsThemselvesAreFine() throws {
        #expect(try path(Array(repeating: "a", count: 64).joined(separator: "/")).components.count == 64)
        #expect(try path(String(repeating: "a", count: 255)).name.count == 255)
    }

    @Test func parts() throws {
        let file = try path("a/b/c")
        #expect(file.parent.description == "a/b")
        #expect(Array(file.name) == Array("c".utf8))
        #expect(try path("a").parent.isRoot)
        #expect(ReleasePath.root.parent.isRoot)
        #expect(try file.parent.appending(Array("d/e".utf8)).description == "a/b/d/e")
        #expect(try ReleasePath.root.appending(Array("x".utf8)).description == "x")
        #expect(throws: ReleasePath.Fault.climbs) { try file.appending(Array("../x".utf8)) }
        #expect(throws: ReleasePath.Fault.tooDeep) {
            try path(Array(repeating: "a", count: 64).joined(separator: "/")).appending(Array("b".utf8))
        }
    }

    /// Where archives are cut follows from it: another value would make all members of a pushed tree others.
    @Test func theStableHashIsTheSameForEver() throws {
        #expect(ReleasePath.root.stableHash == 0xefd01f60ba992926)
        #expect(try path("a").stableHash == 0x82a2a958a9bece5b)
        #expect(try path("roar/nickfury/versions.yaml").stableHash == 0x76b83c46d0e494c5)
        // Also the last byte decides the lowest bit, in about half of the names.
        let odd = try (0..<1000).count { try path("directory/\($0)").stableHash % 2 == 1 }
        #expect((400...600).contains(odd))
    }
}
