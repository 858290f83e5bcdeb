internal import Archive
internal import Content
internal import FoundationEssentials
internal import Logging
internal import Platform
internal import Registry
internal import Serving
internal import Store

/// `specman verify`: re-hashes the volume, and mends it where that is asked for.
package struct VerifyCommand {
    /// For the daemon to read all of a large volume.
    private static let patience: Duration = .seconds(6 * 3600)

    /// The answer of the daemon, or of this process.
    private struct Document: Decodable {
        struct Damage: Decodable {
            let path: String
            let tag: String
            let reason: String
            let restored: String?
        }
        let entries: Int
        let bytes: Int64
        let damaged: Int
        let restored: Int
        let damages: [Damage]
        let error: String?
    }

    /// The document as JSON, with the line break at its end.
    package let json: String
    private let document: Document

    /// Verifies the volume. Beside a daemon it only reads; what is to be mended there, the daemon mends.
    ///
    /// - Throws: ``CommandFailure`` where it couldn't be verified; what is damaged is no failure yet.
    package init(_ configuration: Configuration, repair: Bool) throws {
        Signals.ignoreBrokenPipes()
        let bytes: [UInt8]
        do {
            bytes = try Self.run(configuration, repair: repair)
            document = try JSONDecoder().decode(Document.self, from: Data(bytes))
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure("verifying \(configuration.storage.directory): \(error)")
        }
        json = String(decoding: bytes, as: UTF8.self)
    }

    private static func run(_ configuration: Configuration, repair: Bool) throws -> [UInt8] {
        let directory = configuration.storage.directory
        var read: Int64 = 0
        func note(_ bytes: Int) {
            read += Int64(bytes)
            ProgressLine.shared.show("verifying, \(ByteCount.format(read)) read")
        }
        guard repair else {
            return VerificationDocument(try Volume.verifyReadOnly(directory: directory, progress: note)).json
        }
        guard let volume = try Volume.openUnlessRunning(configuration) else {
            ProgressLine.shared.show("waiting for the daemon on \(directory)")
            return try AdministrationRequest(configuration).raw("/-/verify", [("repair", "true")], timeout: patience)
        }
        let found = try volume.verify { bytes in
            note(bytes)
            return true
        }
        let report = found ?? VerificationReport()
        // The archives may do without a registry.
        let location = try? configuration.requiredLocation
        let log = Logger.forCommands(configuration)
        let repairer = Repairer(
            volume: volume,
            source: try location.map { try configuration.source.open($0, log: log) },
            limits: ArchiveLimits(configuration.storage)
        )
        let outcome = repairer.mend(report.damages, before: Deadline(after: configuration.source.timeout))
        volume.finish(log)
        return VerificationDocument(report, outcome).json
    }

    /// Path, release, what is wrong, and what it was restored from.
    package var rows: [(path: String, tag: String, reason: String, state: String)] {
        document.damages.map { damage in
            (damage.path, damage.tag, damage.reason, damage.restored.map { "restored from \($0)" } ?? "damaged")
        }
    }

    /// One line on all of it.
    package var summary: String {
        "\(document.entries) entries, \(ByteCount.format(document.bytes)) read: "
            + (document.damaged == 0
                ? "nothing is damaged" : "\(document.damaged) damaged, \(document.restored) restored")
    }

    /// Fails where something is damaged still.
    ///
    /// - Throws: ``CommandFailure``.
    package func requireSound() throws {
        let left = document.damaged - document.restored
        guard left > 0 else { return }
        let advice = document.error ?? "run specman verify --repair"
        throw CommandFailure("\(left) of \(document.entries) entries of the volume are damaged: \(advice)")
    }
}
