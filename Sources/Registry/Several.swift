internal import Dispatch
internal import Synchronization

/// Blocking work, several pieces at a time.
enum Several {
    /// Calls `body` for each element, at most `count` calls at once, in the order of the elements; returns when all have
    /// ended.
    ///
    /// - Throws: what the first call threw that failed; none is begun after it.
    static func run<Element: Sendable>(
        _ elements: [Element],
        atOnce count: Int,
        _ body: @escaping @Sendable (Element) throws(RegistryError) -> Void
    ) throws(RegistryError) {
        guard elements.count > 1, count > 1 else {
            for element in elements { try body(element) }
            return
        }
        let turn = Turn()
        let group = DispatchGroup()
        for _ in 0..<min(count, elements.count) {
            // A serial queue each: Dispatch gives a concurrent one no more threads than there are processors as long as it
            // doesn't know that they are blocked.
            DispatchQueue(label: "specman.lookup").async(group: group) {
                while let index = turn.next(), index < elements.count {
                    do throws(RegistryError) {
                        try body(elements[index])
                    } catch {
                        turn.end(with: error)
                    }
                }
            }
        }
        group.wait()
        if let failure = turn.failure { throw failure }
    }

    /// Whose turn it is, until something fails.
    private final class Turn: Sendable {
        private let state = Mutex((next: 0, failure: RegistryError?.none))

        var failure: RegistryError? { state.withLock { $0.failure } }

        func next() -> Int? {
            state.withLock { state in
                guard state.failure == nil else { return nil }
                defer { state.next += 1 }
                return state.next
            }
        }

        func end(with failure: RegistryError) {
            state.withLock { if $0.failure == nil { $0.failure = failure } }
        }
    }
}
