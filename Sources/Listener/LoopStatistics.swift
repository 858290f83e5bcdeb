internal import HTTP
internal import Synchronization

/// What one event loop counts. Written by that loop alone and read by any thread, so nothing is locked and no counter
/// is contended: a load and a store, both relaxed.
///
/// For the package, so that the benchmark can tell what a request's share of it costs.
package final class LoopStatistics: Sendable {
    /// Of `specman_http_request_duration_seconds`, in nanoseconds.
    static let bounds: [UInt64] = [
        100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]
    /// Get, head, post, options, any other, and requests too broken to have one.
    static let methods = ["GET", "HEAD", "POST", "OPTIONS", "other", "none"]
    private static let codes = 500

    let connections = Counter()
    let refused = Counter()
    let shed = Counter()
    let buffered = Counter()
    let handshakes = Counter()
    let failedHandshakes = Counter()
    package let responseBytes = Counter()
    let durationSum = Counter()
    private let requests = CounterTable(count: methods.count * codes)
    private let durations = CounterTable(count: bounds.count + 1)

    package init() {}

    /// Counts an answer.
    ///
    /// - Parameters:
    ///   - method: An index of ``methods``.
    ///   - code: 100 to 599.
    ///   - nanoseconds: From the request's arrival to the last of the answer.
    package func count(method: Int, code: Int, nanoseconds: UInt64) {
        let code = min(max(code, 100), 599) - 100
        requests.add(1, at: method * Self.codes + code)
        durationSum.add(nanoseconds)
        durations.add(1, at: Self.bounds.firstIndex { nanoseconds <= $0 } ?? Self.bounds.count)
    }

    /// Calls `body` with every method and code that was counted.
    func forEachRequest(_ body: (_ method: Int, _ code: Int, _ count: UInt64) -> Void) {
        for index in 0..<requests.count {
            let count = requests.value(at: index)
            if count > 0 { body(index / Self.codes, index % Self.codes + 100, count) }
        }
    }

    /// How many answers fell into each bucket; the last one is beyond all bounds.
    var durationCounts: [UInt64] { (0..<durations.count).map(durations.value(at:)) }
}

/// A number that one thread changes and others read.
package final class Counter: Sendable {
    private let number = Atomic<UInt64>(0)

    var value: UInt64 { number.load(ordering: .relaxed) }

    /// To be called by its one writer only.
    package func add(_ amount: UInt64) {
        number.store(number.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// To be called by its one writer only.
    func set(_ value: UInt64) {
        number.store(value, ordering: .relaxed)
    }

    /// To be called by its one writer only.
    func subtract(_ amount: UInt64) {
        number.store(number.load(ordering: .relaxed) &- amount, ordering: .relaxed)
    }
}

/// Many of them in one piece of memory.
///
/// `@unchecked Sendable`: the memory is set up before it is shared, freed with the last reference, and holds atomics.
@safe
final class CounterTable: @unchecked Sendable {
    let count: Int
    private let numbers: UnsafeMutablePointer<Atomic<UInt64>>

    init(count: Int) {
        self.count = count
        unsafe numbers = .allocate(capacity: count)
        for index in 0..<count { unsafe (numbers + index).initialize(to: Atomic(0)) }
    }

    deinit {
        unsafe numbers.deinitialize(count: count)
        unsafe numbers.deallocate()
    }

    func value(at index: Int) -> UInt64 {
        // Within the memory, as the index is checked.
        precondition(index >= 0 && index < count)
        return unsafe numbers[index].load(ordering: .relaxed)
    }

    /// To be called by its one writer only.
    func add(_ amount: UInt64, at index: Int) {
        // Within the memory, as the index is checked.
        precondition(index >= 0 && index < count)
        let value = unsafe numbers[index].load(ordering: .relaxed)
        unsafe numbers[index].store(value &+ amount, ordering: .relaxed)
    }
}
