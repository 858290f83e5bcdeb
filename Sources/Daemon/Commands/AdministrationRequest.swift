internal import Content
internal import Curl
internal import FoundationEssentials
internal import HTTP
internal import Logging
internal import Platform
internal import Store

/// A request to the running daemon that changes something, and its answer.
struct AdministrationRequest {
    /// What the daemon answers.
    struct Report: Decodable {
        struct Release: Decodable {
            let tag: String
            let digest: String
        }
        let result: String
        let release: Release?
        let error: String?
        let note: String?

        /// The line that the command prints.
        var line: String {
            [result, release?.tag, release?.digest, note].compactMap { $0 }.joined(separator: " ")
        }
    }

    private let socket: DaemonSocket

    init(_ configuration: Configuration) {
        socket = DaemonSocket(directory: configuration.storage.directory)
    }

    /// Sends `POST path` with `parameters`, and who asks.
    ///
    /// - Throws: ``CommandFailure``, where the daemon says that it failed, too.
    func send(_ path: String, _ parameters: [(String, String)] = [], timeout: Duration) throws -> Report {
        let body = try raw(path, parameters, timeout: timeout)
        let report: Report
        do {
            report = try JSONDecoder().decode(Report.self, from: Data(body))
        } catch {
            throw CommandFailure(
                "asking the daemon for \(path): its answer can't be understood (\(error)); see its log"
            )
        }
        if let error = report.error { throw CommandFailure(error) }
        return report
    }

    /// The answer as it came.
    func raw(_ path: String, _ parameters: [(String, String)] = [], timeout: Duration) throws -> [UInt8] {
        let query = (parameters + [("by", Self.user)])
            .map { "\($0)=\(PercentCoding.encode(component: Array($1.utf8)))" }
            .joined(separator: "&")
        return try socket.request(.post, "\(path)?\(query)", timeout: timeout)
    }

    /// Who runs the command: the login name, else the number.
    static var user: String { ProcessFacts.userName ?? ProcessFacts.user }
}

extension Volume {
    /// Waits for what is taken away in the background, as it would stay behind with the end of the process: what a failed
    /// sync has staged, and the releases that retention has dropped.
    func finish(_ log: Logger) {
        settle()
        for problem in takeProblems() { log.warning("\(problem)") }
    }

    /// The volume, for a command; `nil` where a daemon has it.
    ///
    /// - Throws: ``CommandFailure``.
    static func openUnlessRunning(_ configuration: Configuration) throws -> Volume? {
        do {
            return try Volume(
                directory: configuration.storage.directory,
                options: Volume.Options(configuration.storage)
            )
        } catch StoreError.locked {
            return nil
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}

extension Logger {
    /// For commands: the outcome is printed, a failure included; only warnings are worth a line beside it.
    static func forCommands(_ configuration: Configuration) -> Logger {
        Logger(label: "specman") { _ in WarningHandler(configuration.log.format) }
    }
}
