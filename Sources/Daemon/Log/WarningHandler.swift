internal import Content
internal import Logging
internal import Platform

/// Writes warnings to standard error and leaves out the rest: for commands, whose outcome and whose failure are
/// printed anyway.
struct WarningHandler: LogHandler {
    private var base: LogrusHandler

    init(_ format: Configuration.Log.Format) {
        base = LogrusHandler(
            format: format,
            level: .warning,
            write: { line in
                ProgressLine.shared.clear()
                StandardStream.error.write(line)
            },
            now: Timestamp.current
        )
    }

    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        if event.level == .warning { base.log(event: event) }
    }
}
