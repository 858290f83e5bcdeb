import Archive
import Content
import Testing
import Zlib

@Suite struct ArchiveErrorTests {
    private static let name = EntryName("a\nb\u{1B}[31m\u{202E}".utf8)

    @Test(
        arguments: [
            .compression(.corrupt(reason: "invalid block type")), .notAnArchive(title: "a\nb.tgz"), .untitled,
            .badTitle("\r"),
            .sizeMismatch(title: "\n", expected: 1, received: 2), .finished, .tooManyFiles(limit: 1),
            .fileTooLarge(name, size: 9, limit: 8), .totalTooLarge(limit: 1), .ratioTooHigh(limit: 200),
            .truncated(offset: 0),
            .badHeader(.checksum, offset: 0), .trailingData(offset: 1), .badRecord(.length, offset: 0),
            .badName(name, .empty),
            .badTarget(name, target: name, .outside), .clash(name), .notBelowDirectory(name, ancestor: name),
            .unsupportedType(name, type: 0x33), .sparse(name), .ambiguousSize(name), .misuse(name, .order),
        ] as [ArchiveError]
    )
    func everyErrorIsOneLineOfHarmlessText(_ error: ArchiveError) {
        let text = "\(error)"
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x202E })
        #expect(text.utf8.count > 20)
    }

    @Test func namesAreQuotedAndCut() {
        #expect(EntryName("größe".utf8).description == "\"größe\"")
        #expect(EntryName([0x61, 0xFF, 0x0A]).description == "\"a\u{FFFD}\\u{a}\"")
        #expect(EntryName(Array(repeating: UInt8(ascii: "n"), count: 5000)).description.count == 259)
    }

    @Test func anExampleInFull() {
        #expect(
            "\(ArchiveError.unsupportedType(EntryName("dev/null".utf8), type: 0x33))"
                == "unpacking \"dev/null\": a character device can't be served; leave it out and pack again"
        )
    }
}
