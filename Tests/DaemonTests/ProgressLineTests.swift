import Synchronization
import Testing

@testable import Daemon

@Suite struct ProgressLineTests {
    /// What stands on the terminal's stream.
    private final class Screen: Sendable {
        private let content = Mutex("")

        var text: String { content.withLock { $0 } }

        func write(_ text: String) {
            content.withLock { $0 += text }
        }
    }

    private static let erase = "\r\u{1b}[K"

    @Test func nothingIsWrittenWhereNobodyWatches() {
        let screen = Screen()
        let line = ProgressLine(isShown: false) { screen.write($0) }
        line.show("a")
        line.clear()
        #expect(screen.text.isEmpty)
    }

    @Test func oneTextTakesThePlaceOfTheOtherAndIsTakenAway() {
        let screen = Screen()
        let line = ProgressLine(isShown: true) { screen.write($0) }
        let start = ContinuousClock.now
        line.show("a", at: start)
        line.show("too soon", at: start + .milliseconds(99))
        line.show("b", at: start + .milliseconds(100))
        line.clear()
        // There is nothing left to take away.
        line.clear()
        #expect(screen.text == Self.erase + "a" + Self.erase + "b" + Self.erase)
    }

    @Test func aTerminalObeysNoNameOfAnArchive() {
        let screen = Screen()
        let line = ProgressLine(isShown: true) { screen.write($0) }
        line.show("a\u{1b}[2J\nb")
        #expect(screen.text == Self.erase + "a\\u{1b}[2J\\u{a}b")
    }

    @Test func aLongNameStaysInOneLine() {
        let screen = Screen()
        let line = ProgressLine(isShown: true) { screen.write($0) }
        line.show(String(repeating: "n", count: 1000))
        #expect(screen.text == Self.erase + String(repeating: "n", count: 78))
    }

    @Test(
        arguments: [
            (0, 100 << 20, "[--------------------] 0 % of 100 MiB, pushing"),
            (50 << 20, 100 << 20, "[##########----------] 50 % of 100 MiB, pushing"),
            (100 << 20, 100 << 20, "[####################] 100 % of 100 MiB, pushing"),
            // A file that has grown since it was looked at, and an empty one.
            (200 << 20, 100 << 20, "[####################] 100 % of 100 MiB, pushing"),
            (0, 0, "[####################] 100 % of 0 B, pushing"),
        ] as [(Int64, Int64, String)]
    )
    func aBarShowsThePart(_ done: Int64, _ whole: Int64, _ expected: String) {
        #expect(ProgressLine.bar("pushing", done, of: whole) == expected)
    }
}
