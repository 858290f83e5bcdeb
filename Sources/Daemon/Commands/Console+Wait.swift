internal import Registry

extension Console {
    /// How often what is shown while waiting is renewed.
    private static let tick: Duration = .seconds(1)

    /// Lets `duration` go by, and shows on standard error what for and how long still, where somebody watches.
    package static func wait(_ duration: Duration, for what: String) {
        let end = ContinuousClock.now + duration
        while true {
            let rest = end - .now
            guard rest > .zero else { break }
            ProgressLine.shared.show("\(what), \(rest.components.seconds + 1) s left")
            Cancellation().wait(min(rest, tick))
        }
        ProgressLine.shared.clear()
    }
}
