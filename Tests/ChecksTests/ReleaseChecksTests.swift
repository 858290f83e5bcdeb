import Checks
import Content
import Synchronization
import Testing

/// A release in memory, which counts what is read of it.
private final class MemoryTree: CheckedTree {
    let files: [(path: ReleasePath, text: String)]
    let unchanged: Set<String>
    /// Files that are not what was published.
    let damaged: Set<String>
    private let reads = Mutex<[String]>([])

    struct Damaged: Error {}

    init(_ files: [String: String], unchanged: Set<String> = [], damaged: Set<String> = []) throws {
        self.files = try files.map { (try ReleasePath(Array($0.key.utf8)), $0.value) }
            .sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
        self.unchanged = unchanged
        self.damaged = damaged
    }

    var read: [String] { reads.withLock { $0.sorted() } }

    func yamlFiles(after last: ReleasePath?) -> [CheckedFile] {
        let rest = files.filter { file in
            last.map { $0.bytes.lexicographicallyPrecedes(file.path.bytes) } ?? true
        }
        // Two at a time: both workers have something to do.
        return rest.filter { "\($0.path)".hasSuffix(".yaml") || "\($0.path)".hasSuffix(".yml") }.prefix(2).map { file in
            CheckedFile(
                path: file.path,
                real: file.path,
                size: Int64(file.text.utf8.count),
                isUnchanged: unchanged.contains("\(file.path)")
            )
        }
    }

    func exists(_ path: ReleasePath) -> Bool {
        path.isRoot || files.contains { $0.path == path || "\($0.path)".hasPrefix("\(path)/") }
    }

    func bytes(of file: CheckedFile) throws -> [UInt8] {
        reads.withLock { $0.append("\(file.path)") }
        return Array(try #require(files.first { $0.path == file.path }).text.utf8)
    }

    func confirm(_ bytes: [UInt8], of file: CheckedFile) throws {
        if damaged.contains("\(file.path)") { throw Damaged() }
    }
}

@Suite struct ReleaseChecksTests {
    private func check(
        _ files: [String: String],
        _ policy: CheckPolicy = CheckPolicy(),
        unchanged: Set<String> = [],
        since basis: CheckReport? = nil
    ) throws -> (report: CheckReport, read: [String]) {
        let tree = try MemoryTree(files, unchanged: unchanged)
        let report = try ReleaseChecks(policy).run(on: tree, since: basis) {}
        return (report, tree.read)
    }

    private func path(_ text: String) throws -> ReleasePath { try #require(ReleasePath(text)) }

    private let sound = [
        "roar/versions.yaml": "versions:\n- {filepath: /roar/4.0/version.yaml, patchVersionsFilepath: //roar/./4.0}\n",
        "roar/4.0/version.yaml": "a: 1\n", "roar/4.0/values.yml": "a: 1\n---\nb: 2\n", "README": "a: b: c\n",
    ]

    @Test func aSoundReleaseHasNoFindings() throws {
        let (report, read) = try check(sound, CheckPolicy(requiredPaths: [path("roar/4.0")], yaml: .refuse))
        #expect(report == CheckReport(checks: [.requiredPaths, .yaml, .references]))
        #expect(read == ["roar/4.0/values.yml", "roar/4.0/version.yaml", "roar/versions.yaml"])
    }

    @Test func eachCheckFindsItsOwn() throws {
        var files = sound
        files["roar/4.0/version.yaml"] = "a: [\n"
        files["roar/versions.yml"] = "a: {filepath: /gone}\nb: {filepath: /../up}\nc: {filepath: /}\n"
        files["roar/other.yaml"] = "filepath: /not/an/index\n"
        let policy = CheckPolicy(requiredPaths: [try path("config/x"), try path("README")], yaml: .warn)
        let (report, _) = try check(files, policy)
        #expect(
            report.lines == [
                "/config/x: the release must have it, and has not",
                "/roar/4.0/version.yaml: no YAML: line 2, column 1: did not find expected node content",
                "/roar/versions.yml: line 1 refers to /gone, which the release has not",
                "/roar/versions.yml: line 2 refers to /../up, which the release has not",
            ]
        )
        #expect(policy.refusal(of: report)?.first.check == .requiredPaths)
    }

    @Test func whatIsOffIsNotReadFor() throws {
        var files = sound
        files["bad.yaml"] = "a: [\n"
        files["roar/versions.yaml"] = "filepath: /gone\n"
        let off = try check(files, CheckPolicy(yaml: .off, references: .off))
        #expect(off.report == CheckReport(checks: []))
        #expect(off.read.isEmpty)
        let references = try check(files, CheckPolicy(yaml: .off))
        #expect(references.report.findings.map(\.check) == [.references])
        #expect(references.read == ["roar/versions.yaml"])
        #expect(try check(files, CheckPolicy(references: .off)).report.findings.map(\.check) == [.yaml])
    }

    @Test func strictnessDecidesOnRefusal() throws {
        let files = ["bad.yaml": "a: [\n", "worse.yaml": "b: [\n", "versions.yaml": "filepath: /gone\n"]
        let report = try check(files).report
        #expect(report.count == 3)
        #expect(CheckPolicy().refusal(of: report) == nil)
        let yaml = try #require(CheckPolicy(yaml: .refuse).refusal(of: report))
        #expect(yaml.first.path == (try path("bad.yaml")))
        #expect(
            "\(yaml)" == "checking the artifact before it is published: /bad.yaml: no YAML: line 2, column 1: "
                + "did not find expected node content (and 1 more); mend it and push again, or set source.checks.yaml to warn"
        )
        #expect(CheckPolicy(references: .refuse).refusal(of: report)?.first.check == .references)
    }

    @Test func unchangedFilesAreNotReadAgain() throws {
        var files = sound
        files["bad.yaml"] = "a: [\n"
        let first = try check(files).report
        let all = Set(files.keys)
        let second = try check(files, unchanged: all, since: first)
        #expect(second.report == first)
        // The index, as what it refers to may have changed, and the one with a finding.
        #expect(second.read == ["bad.yaml", "roar/versions.yaml"])
        // Nothing is known of the release before: everything is read.
        #expect(try check(files, unchanged: all).read.count == 4)
        var older = first
        older.revision = 0
        #expect(try check(files, unchanged: all, since: older).read.count == 4)
        var other = first
        other.checks = [.references]
        #expect(try check(files, unchanged: all, since: other).read.count == 4)
        var cut = first
        cut.omitted = 1
        #expect(try check(files, unchanged: all, since: cut).read.count == 4)
    }

    @Test func findingsAreBounded() throws {
        let references = (0..<1500).map { "- {filepath: /gone/\($0)}\n" }.joined()
        let (report, _) = try check(["versions.yaml": references, "z.yaml": "a: [\n"])
        #expect(report.findings.count == 1000)
        #expect(report.count == 1501)
        #expect(report.lines.last == "and 501 more")
        let policy = CheckPolicy(references: .refuse)
        #expect("\(try #require(policy.refusal(of: report)))".contains("and at least 999 more"))
    }

    @Test func largeFilesAreFindings() throws {
        let large = String(repeating: "# comment\n", count: 500_000)
        let (report, read) = try check(["large.yaml": large, "versions.yaml": large])
        #expect(report.findings.map(\.path.description) == ["large.yaml", "versions.yaml"])
        #expect(report.findings.allSatisfy { $0.reason.contains("larger than the 4 MiB") })
        #expect(read.isEmpty)
    }

    @Test func namesCannotForgeLines() throws {
        let (report, _) = try check(["a\nlevel=error b.yaml": "a: [\n", "versions.yaml": "filepath: \"/x\\ny\"\n"])
        for line in report.lines { #expect(!line.contains("\n")) }
    }

    @Test func itEndsWhenThereIsNoTimeLeft() throws {
        struct Over: Error {}
        let tree = try MemoryTree(sound)
        #expect(throws: Over.self) { try ReleaseChecks(CheckPolicy()).run(on: tree, since: nil) { throw Over() } }
        #expect(tree.read.isEmpty)
    }

    /// Damage on the disk isn't the artifact's fault.
    @Test func whatIsDamagedIsNoFinding() throws {
        let files = ["a.yaml": "a: 1\n", "b.yaml": "a: [\n"]
        #expect(throws: MemoryTree.Damaged.self) {
            _ = try ReleaseChecks(CheckPolicy()).run(on: try MemoryTree(files, damaged: ["b.yaml"]), since: nil) {}
        }
        let report = try ReleaseChecks(CheckPolicy()).run(on: try MemoryTree(files, damaged: ["a.yaml"]), since: nil) {}
        #expect(report.count == 1)
    }

    /// However much there is to warn of, what refuses a release is kept.
    @Test func warningsDontPushOutWhatRefuses() throws {
        var files = ["versions.yaml": "filepath: /gone\n"]
        for number in 0..<CheckReport.mostFindings + 5 { files["a\(number).yaml"] = "a: [\n" }
        let policy = CheckPolicy(yaml: .warn, references: .refuse)
        let report = try check(files, policy).report
        #expect(report.findings.count == CheckReport.mostFindings)
        #expect(report.count == CheckReport.mostFindings + 6)
        #expect(policy.refusal(of: report)?.first.check == .references)
    }
}
