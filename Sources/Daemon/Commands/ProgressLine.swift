internal import Content
internal import Platform
internal import Synchronization

/// How far a command has come: one line of the terminal on standard error, written over again and again; nothing where
/// standard error is no terminal.
final class ProgressLine: Sendable {
    /// The process has one terminal.
    static let shared = ProgressLine(isShown: StandardStream.error.isTerminal) { StandardStream.error.write($0) }

    /// Between two writes: faster than anybody reads, slower than what a slow terminal would hold up.
    private static let pause: Duration = .milliseconds(100)
    /// The longest text shown, in characters: more would go on in a second line of a narrow terminal, and stay there.
    private static let width = 78
    private static let barWidth = 20

    private struct State {
        var last: ContinuousClock.Instant?
        var isDirty = false
    }

    private let isShown: Bool
    private let write: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(isShown: Bool, write: @escaping @Sendable (String) -> Void) {
        self.isShown = isShown
        self.write = write
    }

    /// Shows a text, unless another one was shown just now.
    func show(_ text: @autoclosure () -> String, at now: ContinuousClock.Instant = .now) {
        guard isShown else { return }
        state.withLock { state in
            if let last = state.last, now < last + Self.pause { return }
            state.last = now
            state.isDirty = true
            // Names come from the registry and from archives: of any length, and with anything in them.
            let scalars = String(text().unicodeScalars.prefix(Self.width))
            write("\r\u{1b}[K" + scalars.printable.prefix(Self.width))
        }
    }

    /// Shows how much of a whole is done, both in bytes.
    func show(_ doing: String, _ done: Int64, of whole: Int64, at now: ContinuousClock.Instant = .now) {
        show(Self.bar(doing, done, of: whole), at: now)
    }

    /// Takes the line away, before anything else is written.
    func clear() {
        state.withLock { state in
            guard state.isDirty else { return }
            state = State()
            write("\r\u{1b}[K")
        }
    }

    /// The bar comes before the name, so that it stays in its place and what doesn't fit is the end of the name.
    static func bar(_ doing: String, _ done: Int64, of whole: Int64) -> String {
        let part = whole > 0 ? min(1, max(0, Double(done) / Double(whole))) : 1
        let filled = Int(part * Double(barWidth))
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: barWidth - filled)
        return "[\(bar)] \(Int(part * 100)) % of \(ByteCount.format(whole)), \(doing)"
    }
}
