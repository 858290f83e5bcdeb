/// Something that a check of a release found, before or after it was published.
package struct Finding: Hashable, Sendable {
    /// The checks, by the names that their keys have in the configuration.
    package enum Check: String, CaseIterable, Hashable, Sendable {
        /// `source.checks.requiredPaths`
        case requiredPaths
        /// `source.checks.yaml`
        case yaml
        /// `source.checks.references`
        case references
    }

    package let check: Check
    /// What it is about; for what is missing, where it should be.
    package let path: ReleasePath
    /// What is wrong, in a few words.
    package let reason: String

    package init(_ check: Check, _ path: ReleasePath, _ reason: String) {
        self.check = check
        self.path = path
        self.reason = reason
    }
}

extension Finding: CustomStringConvertible {
    /// One line: the path as requests name it, and what is wrong; control characters are made harmless.
    package var description: String { "/\(path): \(reason)".printable }
}

/// What the checks of a release came to.
package struct CheckReport: Hashable, Sendable {
    /// The most findings that are kept one by one: an artifact whose files are all broken must not fill the index.
    package static let mostFindings = 1000
    /// Raised whenever the checks change, so that what an earlier version of the program has found is looked for again.
    package static let currentRevision = 1

    /// Those that ran.
    package var checks: Set<Finding.Check>
    /// At most ``mostFindings``, by path.
    package var findings: [Finding]
    /// How many more there were.
    package var omitted: Int
    package var revision: Int

    package init(
        checks: Set<Finding.Check>,
        findings: [Finding] = [],
        omitted: Int = 0,
        revision: Int = CheckReport.currentRevision
    ) {
        self.checks = checks
        self.findings = findings
        self.omitted = omitted
        self.revision = revision
    }

    /// How many findings there were in all.
    package var count: Int { findings.count + omitted }

    /// The findings as lines, the last one telling how many more there were.
    package var lines: [String] {
        findings.map(\.description) + (omitted > 0 ? ["and \(omitted) more"] : [])
    }
}
