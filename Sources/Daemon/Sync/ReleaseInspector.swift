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

    /// Looks through a release in the making, where what is found may refuse it. Any other is published first: nobody
    /// has to wait for what changes nothing.
    ///
    /// - Returns: what was found, to be kept with the release; `nil` where nobody has looked.
    /// - Throws: `CheckFailure` where a finding refuses it; `StoreError`; `RegistryError` where the time is over.
    func inspectBeforehand(_ staging: Staging, before deadline: Deadline) throws -> CheckReport? {
        guard policy.canRefuse else { return nil }
        let tree = try staging.sealedTree()
        let report = try look(through: tree, of: staging.tag, since: staging.basis, before: deadline)
        if let refusal = policy.refusal(of: report) { throw refusal }
        return report
    }

    /// Looks through a release that is served, where nobody has with the checks that are wanted now: it was just
    /// published, the index was lost, the configuration changed, or an earlier version of the program has published it.
    ///
    /// - Parameter basis: a release whose unchanged files were looked through already; `nil` for none.
    /// - Throws: `StoreError`; `RegistryError` where the time is over.
    func inspectIfUnknown(_ release: Release, since basis: Release? = nil, before deadline: Deadline) throws {
        let known = try release.report()
        if let known, known.revision == CheckReport.currentRevision, known.checks.isSuperset(of: policy.checks) {
            return
        }
        let tree = release.tree(comparedWith: basis)
        try release.keep(try look(through: tree, of: release.tag, since: basis, before: deadline))
    }

    private func look(
        through tree: StoredTree,
        of tag: Tag,
        since basis: Release?,
        before deadline: Deadline
    ) throws -> CheckReport {
        let report = try ReleaseChecks(policy).run(on: TreeOfRelease(tree: tree), since: try basis?.report()) {
            try deadline.check("checking \(tag)")
        }
        tell(report, of: tag)
        return report
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
