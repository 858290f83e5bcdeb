package import Content
internal import Dispatch
internal import Synchronization

/// Looks through a release.
///
/// It takes a few files at a time, whatever the release's size, on two threads; a file that the release before has with
/// the same bytes, and nothing was found in then, isn't read again.
package struct ReleaseChecks: Sendable {
    /// How many files are read at the same time: each takes up to some 16 MiB, and the sync has no other threads busy.
    private static let workers = 2

    package let policy: CheckPolicy

    package init(_ policy: CheckPolicy) {
        self.policy = policy
    }

    /// What the workers share.
    private struct State {
        var last: ReleasePath?
        var isAtEnd = false
        /// Those that refuse the release, and the others, which mustn't push them out.
        var grave: [Finding] = []
        var others: [Finding] = []
        /// How many findings there are in all.
        var count = 0
        var failure: (any Error)?

        mutating func note(_ found: [Finding], by policy: CheckPolicy) {
            count += found.count
            for finding in found {
                if policy.strictness(of: finding.check) == .refuse {
                    if grave.count < CheckReport.mostFindings { grave.append(finding) }
                } else if others.count < CheckReport.mostFindings {
                    others.append(finding)
                }
            }
        }
    }

    /// Checks `tree`.
    ///
    /// - Parameters:
    ///   - basis: what was found in the release that unchanged files are unchanged against; `nil` where that isn't known.
    ///   - proceed: throws where there is no time left, or nobody waits any more.
    /// - Throws: what `tree` and `proceed` throw.
    package func run(
        on tree: some CheckedTree,
        since basis: CheckReport?,
        proceed: @escaping @Sendable () throws -> Void
    ) throws -> CheckReport {
        var report = CheckReport(checks: policy.checks)
        let missing = try policy.requiredPaths.filter { try !tree.exists($0) }
        report.findings = missing.prefix(CheckReport.mostFindings).map { path in
            Finding(.requiredPaths, path, "the release must have it, and has not")
        }
        report.omitted = missing.count - report.findings.count
        guard policy.yaml != .off || policy.references != .off else { return report }
        let known = known(from: basis)
        let state = Mutex(State(grave: report.findings, count: missing.count))
        DispatchQueue.concurrentPerform(iterations: Self.workers) { _ in
            do {
                while let files = try next(of: tree, state) {
                    var found: [Finding] = []
                    for file in files {
                        try proceed()
                        found += try check(file, of: tree, known: known)
                    }
                    state.withLock { $0.note(found, by: policy) }
                }
            } catch {
                state.withLock { $0.failure = $0.failure ?? error }
            }
        }
        let end = state.withLock { $0 }
        if let failure = end.failure { throw failure }
        let kept = (end.grave + end.others).prefix(CheckReport.mostFindings)
        report.findings = kept.sorted { ($0.path.bytes, $0.reason) < ($1.path.bytes, $1.reason) }
        report.omitted = end.count - kept.count
        return report
    }

    /// The next few files; `nil` at the end, or where another worker has failed.
    private func next(of tree: some CheckedTree, _ state: borrowing Mutex<State>) throws -> [CheckedFile]? {
        try state.withLock { state in
            if state.isAtEnd || state.failure != nil { return nil }
            let files = try tree.yamlFiles(after: state.last)
            state.last = files.last?.path
            state.isAtEnd = files.isEmpty
            return files.isEmpty ? nil : files
        }
    }

    /// The files in which something was found before; `nil` where an unchanged file tells nothing.
    private func known(from basis: CheckReport?) -> Set<ReleasePath>? {
        guard let basis, basis.revision == CheckReport.currentRevision, basis.omitted == 0,
            basis.checks.contains(.yaml)
        else { return nil }
        return Set(basis.findings.filter { $0.check == .yaml }.map(\.path))
    }

    private func check(
        _ file: CheckedFile,
        of tree: some CheckedTree,
        known: Set<ReleasePath>?
    ) throws -> [Finding] {
        // What an index refers to may be gone although the index is the same.
        let refers = policy.references != .off && file.isIndex
        let isGood = file.isUnchanged && known.map { !$0.contains(file.path) } ?? false
        // A link's file is checked under its own name.
        let parses = policy.yaml != .off && !file.isLink && !isGood
        guard refers || parses else { return [] }
        guard file.size <= YAMLFile.largest else {
            let reason = "it is larger than the \(ByteCount.format(YAMLFile.largest)) that are looked through"
            return [Finding(parses ? .yaml : .references, file.path, reason)]
        }
        let bytes = try tree.bytes(of: file)
        // Bytes have no padding whose content could be undefined.
        let document = unsafe YAMLFile(bytes.span.bytes, collectsReferences: refers)
        var findings: [Finding] = []
        if let fault = document.fault, parses { findings.append(Finding(.yaml, file.path, "no YAML: \(fault)")) }
        for reference in document.references {
            if let reason = try fault(of: reference, in: tree) {
                findings.append(Finding(.references, file.path, reason))
            }
        }
        if !findings.isEmpty { try tree.confirm(bytes, of: file) }
        return findings
    }

    /// The most bytes of a reference that are shown: a finding stays a line that can be read.
    private static let longestShown = 256

    private func fault(of reference: YAMLFile.Reference, in tree: some CheckedTree) throws -> String? {
        let shown = String(decoding: reference.path.prefix(Self.longestShown), as: UTF8.self)
        let relative = reference.path.drop { $0 == UInt8(ascii: "/") }
        // Whatever is wrong with the path, nothing can be there.
        guard let path = try? ReleasePath(relative), try tree.exists(path) else {
            return "line \(reference.line) refers to \(shown), which the release has not"
        }
        return nil
    }
}

/// Paths compare by their bytes.
private func < (left: ([UInt8], String), right: ([UInt8], String)) -> Bool {
    if left.0 != right.0 { return left.0.lexicographicallyPrecedes(right.0) }
    return left.1 < right.1
}
