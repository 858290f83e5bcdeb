import Foundation
import TestSupport

/// A sync from a registry on this machine, against those who fetch and unpack by hand, in alternating rounds.
///
/// Nothing is deleted between the rounds: ext4 creates files several times slower soon after many were deleted.
struct SyncRounds {
    struct Row: Encodable {
        let archive: String
        let who: String
        /// Medians, in seconds: until all is there and durable, and served where it is specman; and until the command
        /// ends, which has looked through the YAML by then.
        let wall: Double
        let whole: Double
        /// In seconds, and MiB.
        let processor: Double
        let peak: Double
        /// The median of the ratios of ``wall`` to that of `curl | tar xz` in the same round.
        var wallRatio: Double?
        /// What the ratio must reach, and what is aimed at.
        var gate: Double?
        var aim: Double?
    }

    fileprivate struct Series {
        var wall = Samples()
        var whole = Samples()
        var processor = Samples()
        var peak = Samples()

        mutating func add(_ command: MeasuredCommand, published: Double? = nil) {
            wall.add(published ?? command.wall)
            whole.add(command.wall)
            processor.add(command.processor)
            peak.add(command.peak)
        }
    }

    /// Who has packed an archive. The same files are in it either way.
    enum Packer: String {
        /// One stream, as it comes out of a pipe.
        case tar = "packed by tar czf"
        /// Many members that say their lengths, so that specman need not inflate again what hasn't changed.
        case specman = "packed by specman push"
    }

    let specman: String
    let directory: String
    let rounds: Int
    /// The Python that has ORAS; `nil` where there is none.
    let python: String?

    private static let tar = "curl | tar xz"
    private static let oras = "oras pull, tar xz"
    private static let full = "specman"

    /// - Parameter share: how much of most files doesn't compress, 0 to 1.
    func run(
        _ name: String,
        files: Int,
        size: Int,
        packed share: Double,
        by packer: Packer,
        tell: (String) -> Void
    ) throws -> [Row] {
        let registry = try DockerRegistry()
        var digests: [String] = []
        for revision in 0...1 {
            let archive = "\(directory)/\(name)-\(revision).tgz"
            try ReleaseArchive.write(archive, files: files, size: size, revision: revision, packed: share)
            if packer == .tar {
                let stream = archive + ".new"
                let script = "gzip -dc '\(archive)' | gzip > '\(stream)'; mv '\(stream)' '\(archive)'"
                try Command.run("sh", ["-c", script])
            }
            let reference = "\(registry.host)/\(name):1.0.\(revision)"
            try Command.run(specman, ["push", archive, reference, "--plain-http"])
            digests.append("sha256:" + (try Command.run("sha256sum", [archive]).text.prefix(64)))
        }
        let compressed = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)-0.tgz")[.size]
        let sizes = "\((files * size) >> 20) MiB (\(((compressed as? Int) ?? 0) >> 20) MiB)"
        let kind = "\(files) files, \(sizes) \(packer.rawValue)"
        try Command.run("sync", [])

        var series: [String: Series] = [:]
        var changed = (tar: Series(), specman: Series())
        for round in 0..<rounds {
            let place = "\(directory)/\(name)-round-\(round)"
            for revision in 0...1 {
                let command = try unpackByHand(registry, name, digests[revision], into: "\(place)/tar-\(revision)")
                if revision == 0 { series[Self.tar, default: Series()].add(command) } else { changed.tar.add(command) }
            }
            for revision in 0...1 {
                let (command, published) = try sync(registry, name, "1.0.\(revision)", volume: "\(place)/volume")
                if revision == 0 {
                    series[Self.full, default: Series()].add(command, published: published)
                } else {
                    changed.specman.add(command, published: published)
                }
                // As many bytes of difference as none: what is fast and wrong isn't fast.
                try Command.run("diff", ["-r", "\(place)/tar-\(revision)", "\(place)/volume/current/"])
            }
            if let python {
                series[Self.oras, default: Series()]
                    .add(try pullWithORAS(python, registry, name, into: "\(place)/oras"))
            }
        }
        var rows: [Row] = []
        for who in [Self.tar, Self.oras, Self.full] {
            if let row = series[who]?.row(kind, who, gates: who == Self.full ? (0.75, 0.5) : nil) { rows.append(row) }
        }
        let kindOfNext = "\(kind), 1 % of them changed"
        rows += [
            changed.tar.row(kindOfNext, Self.tar, gates: nil),
            changed.specman.row(kindOfNext, Self.full, gates: (0.4, 0.25)),
        ].compactMap { $0 }
        return rows.map { row in
            var row = row
            let isNext = row.archive == kindOfNext
            let own = isNext ? (row.who == Self.full ? changed.specman : changed.tar) : series[row.who]
            let base = isNext ? changed.tar : series[Self.tar]
            row.wallRatio = own.flatMap { own in base.flatMap { own.wall.ratios(to: $0.wall).median } }
            tell(row.summary)
            return row
        }
    }

    private func unpackByHand(
        _ registry: DockerRegistry,
        _ name: String,
        _ digest: String,
        into place: String
    ) throws -> MeasuredCommand {
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        return try MeasuredCommand(
            "curl -fsS http://\(registry.host)/v2/\(name)/blobs/\(digest) | tar xz -C \(place); sync -f \(place)"
        )
    }

    private func pullWithORAS(
        _ python: String,
        _ registry: DockerRegistry,
        _ name: String,
        into place: String
    ) throws -> MeasuredCommand {
        try FileManager.default.createDirectory(atPath: place + "/tree", withIntermediateDirectories: true)
        let pull = """
            import oras.client
            oras.client.OrasClient(insecure=True).pull(target="\(registry.host)/\(name):1.0.0", outdir="\(place)")
            """
        return try MeasuredCommand(
            "\(python) -c '\(pull)'; tar xzf \(place)/\(name)-0.tgz -C \(place)/tree; sync -f \(place)"
        )
    }

    /// - Returns: what the command took, and the seconds until its release was served.
    private func sync(
        _ registry: DockerRegistry,
        _ name: String,
        _ tag: String,
        volume: String
    ) throws -> (MeasuredCommand, Double) {
        let watch = PublicationWatch(volume: volume)
        let command = try MeasuredCommand(
            "exec \(specman) sync",
            environment: [
                "SPECMAN_SOURCE_REPOSITORY": "\(registry.host)/\(name)", "SPECMAN_SOURCE_PLAIN_HTTP": "true",
                "SPECMAN_SOURCE_TAGS_POLICY": "pinned", "SPECMAN_SOURCE_TAGS_PIN": tag,
                "SPECMAN_STORAGE_DIRECTORY": volume,
            ]
        )
        return (command, try watch.end() - command.start)
    }
}

extension SyncRounds.Series {
    fileprivate func row(_ archive: String, _ who: String, gates: (gate: Double, aim: Double)?) -> SyncRounds.Row? {
        guard let wall = wall.median, let whole = whole.median, let processor = processor.median,
            let peak = peak.median
        else { return nil }
        return SyncRounds.Row(
            archive: archive,
            who: who,
            wall: wall,
            whole: whole,
            processor: processor,
            peak: peak,
            gate: gates?.gate,
            aim: gates?.aim
        )
    }
}

extension SyncRounds.Row {
    var summary: String {
        let ratio = wallRatio.map { " ×\($0.figure(2))" } ?? ""
        return
            "\(archive): \(who) \(wall.figure(2)) s\(ratio) (whole \(whole.figure(2)) s), \(processor.figure(2)) s CPU, peak \(peak.figure(0)) MiB"
    }
}
