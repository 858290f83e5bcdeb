import TestSupport
import Testing

/// What a request costs in system calls and allocations: counts, which are the same on any machine.
///
/// The connection's beginning and end, and the timers meanwhile, are spread over all the requests: a tenth of a call.
@Suite(.serialized) struct RequestCountTests {
    private static let spread = 0.1

    @Test func systemCallsOfARequest() throws {
        let site = try CountedSite()
        let cached = Array(repeating: CountedSite.small, count: CountedSite.requests)

        // One recv, one send.
        #expect(try site.systemCalls(for: cached).working <= 2 + Self.spread)
        // 64 KiB are more than one record, and still one send where the socket takes it all.
        let middling = Array(repeating: CountedSite.middling, count: CountedSite.requests)
        #expect(try site.systemCalls(for: middling).working <= 2 + Self.spread)
        let etag = try #require(try site.site.etag(of: CountedSite.small))
        try site.ask(Array(repeating: CountedSite.small, count: 10), ["-H", "If-None-Match: \(etag)"])
        #expect(try site.systemCalls(for: cached, ["-H", "If-None-Match: \(etag)"]).working <= 2 + Self.spread)
        // Beside recv and send, what finds and reads the file: a look-up in the index with its two locks, openat2, fstat,
        // preadv2, close. Few are left to a worker, where the kernel has given the file's page to somebody else meanwhile.
        #expect(try site.systemCalls(for: CountedSite.others).working <= 9)
        // By the next event loop, which has not answered it, without a look-up.
        #expect(try site.systemCalls(for: CountedSite.others).working <= 7)
        #expect(site.site.daemon.stop() == 0)
    }

    /// Of the optimized build, which `Tests/run.sh` makes before it runs everything; a debug build allocates at every turn.
    @Test(.enabled(if: DaemonProcess.optimized != nil, "only where Tests/run.sh has built the optimized program"))
    func allocationsOfARequest() throws {
        let site = try CountedSite(countingAllocations: true, program: #require(DaemonProcess.optimized))
        let cached = Array(repeating: CountedSite.small, count: CountedSite.requests)
        #expect(try site.allocations(for: cached) <= Self.spread)
        let middling = Array(repeating: CountedSite.middling, count: CountedSite.requests)
        #expect(try site.allocations(for: middling) <= Self.spread)
        let etag = try #require(try site.site.etag(of: CountedSite.small))
        #expect(try site.allocations(for: cached, ["-H", "If-None-Match: \(etag)"]) <= 2 * Self.spread)
        // What was not asked for before is looked up, for which its path becomes values.
        #expect(try site.allocations(for: CountedSite.others) <= 30)
        #expect(try site.allocations(for: CountedSite.others) <= 10)
        #expect(site.site.daemon.stop() == 0)
    }
}
