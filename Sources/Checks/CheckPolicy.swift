package import Content

/// What is looked for in a release (`source.checks` of the configuration): before it is published where that can refuse it,
/// else as soon as it is served.
package struct CheckPolicy: Hashable, Sendable {
    /// What follows from a finding.
    package enum Strictness: String, CaseIterable, Hashable, Sendable {
        /// It isn't looked for.
        case off
        /// It is reported, and the release published.
        case warn
        /// The release isn't published, nor served again where it is on the volume from before.
        case refuse
    }

    /// Files or directories that a release must have; without one it is refused.
    package var requiredPaths: [ReleasePath]
    /// Whether every file named `.yaml` or `.yml` parses.
    package var yaml: Strictness
    /// Whether what the indexes refer to exists.
    package var references: Strictness

    package init(requiredPaths: [ReleasePath] = [], yaml: Strictness = .warn, references: Strictness = .warn) {
        self.requiredPaths = requiredPaths
        self.yaml = yaml
        self.references = references
    }

    package func strictness(of check: Finding.Check) -> Strictness {
        switch check {
        case .requiredPaths: requiredPaths.isEmpty ? .off : .refuse
        case .yaml: yaml
        case .references: references
        }
    }

    /// The checks that are wanted.
    package var checks: Set<Finding.Check> {
        Set(Finding.Check.allCases.filter { strictness(of: $0) != .off })
    }

    /// Whether a finding can keep a release from being published.
    package var canRefuse: Bool { Finding.Check.allCases.contains { strictness(of: $0) == .refuse } }

    /// Why a release with this report isn't published; `nil` where it is.
    package func refusal(of report: CheckReport) -> CheckFailure? {
        let grave = report.findings.filter { strictness(of: $0.check) == .refuse }
        guard let first = grave.first else { return nil }
        // Those that were omitted may be of another check.
        return CheckFailure(first: first, others: grave.count - 1, isMore: report.omitted > 0)
    }
}

/// Why a release was refused by its checks.
package struct CheckFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let first: Finding
    /// How many more findings refuse it, and whether there may be further ones that were not kept.
    package let others: Int
    package let isMore: Bool

    /// One line: what was attempted, on what, why it failed, what to do.
    package var description: String {
        let more = others > 0 || isMore ? " (and \(isMore ? "at least " : "")\(others) more)" : ""
        let remedy =
            switch first.check {
            case .requiredPaths: "pack it in or take it from source.checks.requiredPaths"
            case .yaml, .references:
                "mend it and push again, or set source.checks.\(first.check.rawValue) to warn"
            }
        return "checking the artifact before it is published: \(first)\(more); \(remedy)"
    }
}
