internal import Content
internal import Dispatch
internal import Listener
internal import Logging
internal import OpenSSL
internal import Platform
internal import Synchronization

/// Keeps the listener's certificate as its files have it: a mounted Secret that is renewed, a file that is replaced.
///
/// The files are looked at every few seconds and on SIGHUP; Kubernetes swaps a symbolic link, which file notifications
/// on the file itself would miss. A pair that can't be used is reported once, and the one before stays. Connections that
/// are open keep theirs; session tickets stay valid.
final class CertificateReloader: Sendable {
    /// Between looks at the files: renewals come days before the end.
    private static let interval: Duration = .seconds(5)

    private struct State {
        var context: TLSContext
        var identity: [FileIdentity?]
    }

    private let certificateFile: String
    private let keyFile: String
    private let log: Logger
    private let state: Mutex<State>
    private let server: Server
    private let queue = DispatchQueue(label: "specman.certificate")

    /// Begins to watch the pair that `context` was made of, for the first endpoint of `server`.
    init(certificateFile: String, keyFile: String, context: TLSContext, server: Server, log: Logger) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.log = log
        self.server = server
        state = Mutex(State(context: context, identity: Self.identity(certificateFile, keyFile)))
        lookLater()
    }

    private func lookLater() {
        // Ends with the reloader: nothing else keeps it.
        queue.asyncAfter(deadline: .now() + Self.interval.dispatchInterval) { [weak self] in
            self?.look()
            self?.lookLater()
        }
    }

    /// What the certificate that is shown now says.
    var certificate: CertificateFacts { state.withLock { $0.context.certificate } }

    /// Takes the files up again where they have changed.
    func look() {
        let identity = Self.identity(certificateFile, keyFile)
        let previous: TLSContext? = state.withLock { state in
            guard state.identity != identity else { return nil }
            // Noted before it is judged: a bad pair is reported once for each change, not every few seconds.
            state.identity = identity
            return state.context
        }
        guard let previous else { return }
        do throws(CertificateError) {
            let context = try TLSContext(
                certificateFile: certificateFile,
                keyFile: keyFile,
                now: Timestamp.current().seconds,
                replacing: previous
            )
            state.withLock { $0.context = context }
            server.replaceTLS(of: 0, with: context)
            log.info(
                "Serving another certificate",
                metadata: [
                    "file": "\(certificateFile)",
                    "expires": "\(Timestamp(seconds: context.certificate.notAfter).rfc3339)",
                ]
            )
        } catch {
            log.error("keeping the certificate that is served: \(error)")
        }
    }

    private static func identity(_ files: String...) -> [FileIdentity?] {
        files.map(FileIdentity.init(ofFile:))
    }
}
