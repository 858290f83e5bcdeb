import Synchronization
import Testing

@testable import Daemon

struct PacerTests {
    @Test func whoIsAheadWaits() {
        let pacer = Pacer(bytesPerSecond: 1_000_000)
        let start = ContinuousClock.now
        for _ in 0..<10 { #expect(pacer.wait(after: 30_000, onlyWhile: { true })) }
        // 300 kB at 1 MB/s, less the slack of the beginning.
        #expect(start.duration(to: .now) > .milliseconds(190))
    }

    @Test func whoIsStoppedEnds() {
        let pacer = Pacer(bytesPerSecond: 1)
        #expect(!pacer.wait(after: 1 << 30, onlyWhile: { false }))
    }
}
