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
        try judge(report, of: staging.tag, isNews: true)
        return report
    }

    /// Looks through a retained release that is to be served again, where what is found may refuse it: it may have been
    /// published when nothing did.
    ///
    /// - Throws: as for a release in the making.
    func inspectBeforehand(_ release: Release, before deadline: Deadline) throws {
        guard policy.canRefuse else { return }
        let (report, isNews) = try report(of: release, since: nil, toRefuse: true, before: deadline)
        try judge(report, of: release.tag, isNews: isNews)
    }

    /// Throws where the report refuses the release.
    private func judge(_ report: CheckReport, of tag: Tag, isNews: Bool) throws {
        let refusal = policy.refusal(of: report)
        // A failure is told by whoever it reaches, in one line; this is what stands behind it.
        if isNews { tell(report, of: tag, as: refusal == nil ? .warning : .info) }
        if let refusal { throw refusal }
    }

    /// Looks through a release that is served, where nobody has with the checks that are wanted now: it was just
    /// published, the index was lost, the configuration changed, or an earlier version of the program has published it.
    ///
    /// - Parameter basis: a release whose unchanged files were looked through already; `nil` for none.
    /// - Throws: `StoreError`; `RegistryError` where the time is over.
    func inspectIfUnknown(_ release: Release, since basis: Release? = nil, before deadline: Deadline) throws {
        let (report, isNews) = try report(of: release, since: basis, toRefuse: false, before: deadline)
        if isNews { tell(report, of: release.tag, as: .warning) }
    }

    /// What is known of a release, else what is found now, which is kept.
    ///
    /// - Parameter toRefuse: whether the release isn't served yet, and what was left out may be what refuses it.
    private func report(
        of release: Release,
        since basis: Release?,
        toRefuse: Bool,
        before deadline: Deadline
    ) throws -> (report: CheckReport, isNews: Bool) {
        let tree = release.tree(comparedWith: basis)
        if let known = try release.report(), known.omitted == 0 || !toRefuse,
            try holds(known, for: TreeOfRelease(tree: tree))
        {
            return (known, false)
        }
        let report = try look(through: tree, of: release.tag, since: basis, before: deadline)
        try release.keep(report)
        return (report, true)
    }

    /// Whether the checks that are wanted now would find in `tree` what `report` says.
    private func holds(_ report: CheckReport, for tree: TreeOfRelease) throws -> Bool {
        guard report.revision == CheckReport.currentRevision, report.checks.isSuperset(of: policy.checks) else {
            return false
        }
        // Which paths are required may be another list by now.
        let missing = Set(report.findings.lazy.filter { $0.check == .requiredPaths }.map(\.path))
        return try policy.requiredPaths.allSatisfy { try tree.exists($0) != missing.contains($0) }
            && missing.isSubset(of: policy.requiredPaths)
    }

    private func look(
        through tree: StoredTree,
        of tag: Tag,
        since basis: Release?,
        before deadline: Deadline
    ) throws -> CheckReport {
        try ReleaseChecks(policy).run(on: TreeOfRelease(tree: tree), since: try basis?.report()) {
            try deadline.check("checking \(tag)")
        }
    }

    private func tell(_ report: CheckReport, of tag: Tag, as level: Logger.Level) {
        for finding in report.findings.prefix(Self.mostLogged) {
            log.log(level: level, "\(finding)", metadata: ["tag": "\(tag)", "check": "\(finding.check.rawValue)"])
        }
        let rest = report.count - min(report.findings.count, Self.mostLogged)
        guard rest > 0 else { return }
        // The status is that of what is served.
        let place = level == .info ? "" : ": specman status tells \(report.omitted == 0 ? "all" : "most") of them"
        log.log(level: level, "\(rest) more findings\(place)", metadata: ["tag": "\(tag)"])
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
