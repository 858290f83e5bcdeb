import Archive
import Content
import Testing

/// What is read from well-formed tars of each format, whole and cut at every byte.
@Suite struct TarFormatTests {
    @Test func ustarEntriesOfEveryKind() throws {
        let tar = TarBuilder.tar {
            $0.directory("./")
            $0.directory("./a/")
            $0.file("./a/file", "hello")
            $0.file("./a/empty", "")
            $0.symbolicLink("./a/link", to: "../b/\\x")
            $0.hardLink("./a/hard", to: "./a/file")
        }
        let outcome = try readEveryWay(tar: tar)
        let seconds = Int64(0o14723220000)
        #expect(outcome.error == nil)
        #expect(
            outcome.events == [
                .directory("", seconds), .directory("a", seconds), .file("a/file", seconds, Array("hello".utf8)),
                .file("a/empty", seconds, []), .symbolicLink("a/link", "../b/\\x"), .hardLink("a/hard", "a/file"),
            ]
        )
        #expect(outcome.files == 4)
        #expect(outcome.directories == 1)
    }
}
