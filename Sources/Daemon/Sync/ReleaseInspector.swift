internal import Checks
internal import Content
internal import Logging
internal import Registry
internal import Store

/// Has releases looked through (`source.checks`), and tells what was found.
struct ReleaseInspector: Sendable {
    /// How many findings go into the log, one line each; the status has them all.
    private static let mostLogged = 10

    let policy: CheckPolicy
    let log: Logger

    /// Looks through a release in the making.
    ///
    /// - Returns: what was found, to be kept with the release.
    /// - Throws: `CheckFailure` where a finding refuses it; `StoreError`; `RegistryError` where the time is over.
    func inspect(_ staging: Staging, before deadline: Deadline) throws -> CheckReport {
        let tree = TreeOfRelease(tree: try staging.sealedTree())
        // The processor reads, the disk writes.
        staging.beginSyncing()
        let report = try ReleaseChecks(policy).run(on: tree, since: try staging.basis?.report()) {
            try deadline.check("checking \(staging.tag)")
        }
        tell(report, of: staging.tag)
        if let refusal = policy.refusal(of: report) { throw refusal }
        return report
    }

    /// Looks through a release that is served already, where nobody has with the checks that are wanted now: the index
    /// was lost, the configuration changed, or an earlier version of the program has published it.
    ///
    /// - Throws: `StoreError`; `RegistryError` where the time is over.
    func inspectIfUnknown(_ release: Release, before deadline: Deadline) throws {
        let known = try release.report()
        if let known, known.revision == CheckReport.currentRevision, known.checks.isSuperset(of: policy.checks) {
            return
        }
        let report = try ReleaseChecks(policy).run(on: TreeOfRelease(tree: release.tree), since: nil) {
            try deadline.check("checking \(release.tag)")
        }
        try release.keep(report)
        tell(report, of: release.tag)
    }

    private func tell(_ report: CheckReport, of tag: Tag) {
        for finding in report.findings.prefix(Self.mostLogged) {
            log.warning("\(finding)", metadata: ["tag": "\(tag)", "check": "\(finding.check.rawValue)"])
        }
        let rest = report.count - min(report.findings.count, Self.mostLogged)
        if rest > 0 {
            log.warning(
                "\(rest) more findings: specman status tells \(report.omitted == 0 ? "all" : "most") of them",
                metadata: ["tag": "\(tag)"]
            )
        }
    }
}

extension CheckReport {
    /// What the checks that are wanted now have found.
    func wanted(by policy: CheckPolicy) -> CheckReport {
        var report = self
        report.findings.removeAll { policy.strictness(of: $0.check) == .off }
        return report
    }
}
