import Testing

@testable import Listener

@Suite struct WorkerRosterTests {
    private static let patience: UInt64 = 5

    private func roster(usual: Int = 2, limit: Int = 4) -> WorkerRoster<Int> {
        WorkerRoster(usual: usual, limit: limit, patience: Self.patience)
    }

    @Test func asManyWorkersAsUsualBeginAtOnce() {
        var roster = roster()
        #expect(roster.add(1, at: 0) == .worker)
        #expect(roster.add(2, at: 0) == .worker)
        #expect(roster.add(3, at: 0) == .watchedQueue)
        #expect(roster.add(4, at: 0) == .queue)
        #expect(roster.running == 2)
    }

    @Test func neverMoreThanTheLimit() {
        var roster = roster(usual: 8, limit: 1)
        #expect(roster.add(1, at: 0) == .worker)
        #expect(roster.add(2, at: 0) == .watchedQueue)
        let (startsWorker, looksAgain) = roster.look(at: 1000)
        #expect(!startsWorker)
        #expect(looksAgain)
    }

    @Test func jobsAreTakenInTheirOrder() {
        var roster = roster(usual: 1)
        #expect(roster.add(0, at: 0) == .worker)
        for job in 1...5000 { _ = roster.add(job, at: 0) }
        for job in 1...3000 { #expect(roster.take() == job) }
        // Those that come now are not done before those that wait, be there a worker to spare or not.
        #expect(roster.add(5001, at: 0) == .queue)
        for job in 3001...5001 { #expect(roster.take() == job) }
        #expect(roster.take() == nil)
        #expect(roster.running == 0)
        #expect(roster.add(5002, at: 0) == .worker)
    }

    @Test func anotherWorkerComesWhereTheNextJobHasWaited() {
        var roster = roster(usual: 1, limit: 3)
        _ = roster.add(1, at: 100)
        _ = roster.add(2, at: 100)
        _ = roster.add(3, at: 103)
        #expect(roster.look(at: 104) == (false, true))
        // 1 is blocked, and 2 has waited for long.
        #expect(roster.look(at: 105) == (true, true))
        #expect(roster.take() == 2)
        // 3 has not.
        #expect(roster.look(at: 107) == (false, true))
        #expect(roster.look(at: 108) == (true, true))
        #expect(roster.take() == 3)
        #expect(roster.running == 3)
    }

    @Test func nobodyLooksWhereNothingWaits() {
        var roster = roster(usual: 1)
        _ = roster.add(1, at: 0)
        #expect(roster.add(2, at: 0) == .watchedQueue)
        #expect(roster.take() == 2)
        #expect(roster.look(at: 5) == (false, false))
        #expect(roster.add(3, at: 6) == .watchedQueue)
    }
}
