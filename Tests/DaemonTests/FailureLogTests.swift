import Content
import Testing

@testable import Daemon

@Suite struct FailureLogTests {
    private let start = ContinuousClock.now

    /// Feeds reasons, one a minute, and gives the minutes in which one was told.
    private func told(_ reasons: [String?]) -> [Int] {
        var log = FailureLog()
        return reasons.indices.filter { minute in
            guard let reason = reasons[minute] else {
                _ = log.succeeded()
                return false
            }
            return log.failed(reason, at: start + .seconds(60 * minute), Timestamp(seconds: Int64(60 * minute))).tells
        }
    }

    @Test func aNightOfOneReasonIsToldOnceAnHour() {
        #expect(told(Array(repeating: "away", count: 600)) == Array(stride(from: 0, to: 600, by: 60)))
    }

    @Test func anotherReasonIsToldAtOnce() {
        #expect(told(["away", "away", "401", "401", "503"]) == [0, 2, 4])
    }

    @Test func reasonsThatTakeTurnsAreToldNowAndThen() {
        let turns = (0..<40).map { $0 % 2 == 0 ? "away" : "503" }
        #expect(told(turns) == [0, 1, 10, 11, 20, 21, 30, 31])
    }

    @Test func afterASuccessTheSameReasonIsNews() {
        #expect(told(["away", "away", nil, "away", "away"]) == [0, 3])
    }

    @Test func theStreakIsCountedFromItsBegin() {
        var log = FailureLog()
        #expect(log.succeeded() == nil)
        for minute in 0..<3 {
            let time = Timestamp(seconds: Int64(60 * minute))
            let streak = log.failed("reason \(minute)", at: start + .seconds(60 * minute), time).streak
            #expect(streak == FailureLog.Streak(count: minute + 1, since: Timestamp(seconds: 0)))
        }
        #expect(log.succeeded()?.count == 3)
        #expect(log.succeeded() == nil)
    }

    @Test func reasonsThatAreNeverTheSameUseNoMoreMemory() {
        var log = FailureLog()
        for number in 0..<1000 {
            #expect(log.failed("byte \(number)", at: start, Timestamp(seconds: 0)).tells)
        }
        let told = Mirror(reflecting: log).children.compactMap { $0.value as? [String: ContinuousClock.Instant] }
        #expect(told.map(\.count).allSatisfy { $0 <= 64 })
        #expect(told.count == 1)
    }
}
