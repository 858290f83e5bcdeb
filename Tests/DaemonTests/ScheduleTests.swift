import Daemon
import Testing

@Suite struct ScheduleTests {
    private let schedule = Schedule(interval: .seconds(60))

    @Test func jitterIsTenPercent() {
        #expect(schedule.pause(afterFailures: 0, random: 0) == .seconds(54))
        #expect(schedule.pause(afterFailures: 0, random: 0.5) == .seconds(60))
        #expect(schedule.pause(afterFailures: 0, random: 1) == .seconds(66))
    }

    @Test func failuresBackOffUpToTheInterval() {
        let pauses = (1...10).map { schedule.pause(afterFailures: $0, random: 0.5) }
        #expect(pauses.prefix(6) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(16), .seconds(32)])
        #expect(pauses.dropFirst(6).allSatisfy { $0 == .seconds(60) })
        #expect(schedule.pause(afterFailures: .max, random: 0.5) == .seconds(60))
    }

    @Test func aShortIntervalIsNeverExceeded() {
        let quick = Schedule(interval: .milliseconds(200))
        #expect(quick.pause(afterFailures: 1, random: 0.5) == .milliseconds(200))
    }
}
