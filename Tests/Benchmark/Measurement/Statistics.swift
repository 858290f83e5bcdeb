/// What several rounds of the same have given.
struct Samples {
    private(set) var values: [Double] = []

    mutating func add(_ value: Double) { values.append(value) }

    /// Each value's ratio to that of `base` in the same round.
    func ratios(to base: Samples) -> Samples {
        var ratios = Samples()
        for (value, other) in zip(values, base.values) { ratios.add(value / other) }
        return ratios
    }

    /// The middle one; of an even number the mean of the middle two. `nil` without any.
    var median: Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
