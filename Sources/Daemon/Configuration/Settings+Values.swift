internal import Content

/// Reading a setting as what it means, with an error that says what would be right.
extension Settings {
    func text(_ name: String) -> String? {
        guard case .text(let text)? = setting(name)?.value else { return nil }
        return text
    }

    /// The same where it isn't empty: what a template has left blank is not set.
    func filledText(_ name: String) -> String? {
        text(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    func list(_ name: String) -> [String]? {
        guard case .list(let items)? = setting(name)?.value else { return nil }
        return items
    }

    /// Whether the mounted Secret says what counts.
    func isFromSecret(_ name: String) -> Bool {
        guard case .secret? = setting(name)?.origin else { return false }
        return true
    }

    func fault(_ name: String, expected: String) -> ConfigurationError {
        guard let setting = setting(name), let value = setting.value else {
            return .missing(key: name, remedy: "it must be \(expected)")
        }
        return .badValue(
            origin: setting.origin,
            key: name,
            value: setting.key.shown(value),
            expected: expected
        )
    }

    func flag(_ name: String) throws(ConfigurationError) -> Bool {
        switch text(name)?.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw fault(name, expected: "true or false")
        }
    }

    func duration(_ name: String, in range: ClosedRange<Duration>) throws(ConfigurationError) -> Duration {
        guard let duration = text(name).flatMap(DurationText.parse), range.contains(duration) else {
            throw fault(
                name,
                expected: "a duration from \(DurationText.format(range.lowerBound)) to "
                    + "\(DurationText.format(range.upperBound)), such as 500ms, 30s, 5m or 1h"
            )
        }
        return duration
    }

    func size(_ name: String, in range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64 {
        guard let size = text(name).flatMap(ByteCount.parse), range.contains(size) else {
            throw fault(
                name,
                expected: "a size from \(ByteCount.format(range.lowerBound)) to \(ByteCount.format(range.upperBound)), "
                    + "such as 64MiB or 10GiB"
            )
        }
        return size
    }

    func count(_ name: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard let count = text(name).flatMap({ Int($0) }), range.contains(count) else {
            throw fault(name, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return count
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String) throws(ConfigurationError) -> Choice
    where Choice.RawValue == String {
        guard let choice = text(name).flatMap({ Choice(rawValue: $0) }) else {
            let names = Choice.allCases.map(\.rawValue)
            throw fault(name, expected: "one of " + names.joined(separator: ", "))
        }
        return choice
    }
}
