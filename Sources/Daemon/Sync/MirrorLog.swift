internal import Logging
internal import Registry

/// One line for each manifest and blob that goes past a mirror: who has delivered it, and why not those before.
struct MirrorLog: Sendable {
    let log: Logger

    @Sendable func note(_ report: MirrorReport) {
        var fields: Logger.Metadata = ["what": "\(report.what)"]
        if let source = report.deliveredBy { fields["from"] = "\(source)" }
        if !report.skipped.isEmpty {
            fields["skipped"] = "\(report.skipped.map(\.description).joined(separator: "; "))"
        }
        let level: Logger.Level = report.isRepetition ? .debug : report.hasFailure ? .warning : .info
        log.log(level: level, report.deliveredBy == nil ? "Mirrors did not deliver" : "Fetched", metadata: fields)
    }
}
