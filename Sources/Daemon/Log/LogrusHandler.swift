package import Content
package import Logging
internal import Platform

/// Writes log lines as logrus does, which is what guides show and what log collectors of the field parse.
///
/// Text: `time="2024-12-06T12:43:14Z" level=info msg="…" key=value`; JSON: one object a line with the same keys.
/// One `write(2)` a line, so that lines of several threads don't mix.
package struct LogrusHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let format: Configuration.Log.Format
    private let write: @Sendable ([UInt8]) -> Void
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - write: takes each finished line with its line break.
    ///   - now: the clock.
    package init(
        format: Configuration.Log.Format,
        level: Logger.Level,
        write: @escaping @Sendable ([UInt8]) -> Void,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.format = format
        logLevel = level
        self.write = write
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = (event.metadata.map { metadata.merging($0) { $1 } } ?? metadata)
            .map { (key: $0.key, value: "\($0.value)") }
            .sorted { $0.key < $1.key }
        let time = now().rfc3339
        let level = Self.name(of: event.level)
        var line: String
        switch format {
        case .text:
            line = "time=\"\(time)\" level=\(level) msg=\(Self.quoted("\(event.message)"))"
            for (key, value) in fields {
                line += " \(key)=" + (Self.isPlain(value) ? value : Self.quoted(value))
            }
        case .json:
            line = "{\"level\":\"\(level)\",\"msg\":\(Self.quoted("\(event.message)"))"
            for (key, value) in fields { line += ",\(Self.quoted(key)):\(Self.quoted(value))" }
            line += ",\"time\":\"\(time)\"}"
        }
        line += "\n"
        write(Array(line.utf8))
    }

    /// logrus's names of the levels.
    private static func name(of level: Logger.Level) -> String {
        switch level {
        case .trace: "trace"
        case .debug: "debug"
        case .info, .notice: "info"
        case .warning: "warning"
        case .error: "error"
        case .critical: "fatal"
        }
    }

    /// What logrus writes without quotes: letters, digits and `-._/@^+`.
    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._/@^+".utf8.contains(byte)
                }
            }
    }

    /// In double quotes, with everything escaped that could end the line or fake another: valid in JSON and as logrus's
    /// `%q`, but for control characters, which JSON writes `\u00XX`.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || (0x2028...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
