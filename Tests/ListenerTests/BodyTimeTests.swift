import Testing

@testable import Listener

/// The time that a request's body has, without a clock.
@Suite struct BodyTimeTests {
    private func timeouts(_ change: (inout ServerLimits) -> Void = { _ in }) -> Timeouts {
        var limits = ServerLimits()
        change(&limits)
        return Timeouts(limits)
    }

    @Test(arguments: [
        (0, 10.0), (1, 10.000_976_562), (1024, 11.0), (5 * 1024, 15.0), (20 * 1024, 30.0), (65_536, 30.0), (.max, 30.0),
        (-1, 10.0),
    ])
    func eachByteEarnsItsTime(received: Int, seconds: Double) {
        let time = Double(timeouts().bodyTime(received: received)) / 1e9
        #expect(abs(time - seconds) < 0.000_1)
    }

    /// A byte every so often, each long before the time is over, keeps nothing open: below the least rate it ends after
    /// the grace and what was earned meanwhile.
    @Test(arguments: [(1.0, 10.02), (0.1, 10.2), (0.01, 11.1), (0.002, 19.6), (0.0009, 30.0)])
    func dropsEarnLessThanTheyTake(interval: Double, seconds: Double) {
        let timeouts = timeouts()
        var (now, received) = (0.0, 0)
        while received < 65_536, now < Double(timeouts.bodyTime(received: received)) / 1e9 {
            now += interval
            received += 1
        }
        #expect(received < 65_536)
        #expect(now < seconds + interval)
    }

    @Test func oddLimitsDontTrap() {
        #expect(timeouts { $0.leastRate = 0 }.bodyTime(received: 1) == 11_000_000_000)
        #expect(timeouts { $0.leastRate = .max }.bodyTime(received: .max) == 10_000_000_000)
        #expect(timeouts { $0.bodyGrace = .seconds(Int64.max) }.bodyTime(received: .max) == 30_000_000_000)
        #expect(timeouts { $0.bodyTimeout = .zero }.bodyTime(received: 1) == 0)
    }
}
