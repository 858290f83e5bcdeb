internal import Content
internal import Listener
internal import Logging
internal import OpenSSL
internal import Platform
internal import Synchronization

/// Keeps the listener's certificate, and the authorities of its clients, as their files have them: a mounted Secret that
/// is renewed, a file that is replaced.
///
/// A pair that can't be used is reported once, and the one before stays. Connections that are open keep theirs; session
/// tickets stay valid. Warns while the certificate that is served comes to its end.
final class CertificateReloader: Sendable {
    private struct State {
        var context: TLSContext
        var warning = ExpiryWarning()
    }

    private let files: ServerCertificate.Files
    private let log: Logger
    private let state: Mutex<State>
    private let server: Server
    private let watch = Mutex<FileWatch?>(nil)

    /// Begins to watch the files that `certificate` was made of, for the first endpoint of `server`.
    init(_ certificate: ServerCertificate, server: Server, log: Logger) {
        files = certificate.files
        self.log = log
        self.server = server
        state = Mutex(State(context: certificate.context))
        tick()
        let watch = FileWatch(files.all, seen: certificate.seen) { [weak self] in
            self?.tick()
        } changed: { [weak self] in
            self?.reload()
        }
        self.watch.withLock { $0 = watch }
    }

    /// What the certificate that is shown now says.
    var certificate: CertificateFacts { state.withLock { $0.context.certificate } }

    /// Takes the files up again where they have changed.
    func look() {
        watch.withLock { $0 }?.look()
    }

    /// What is to be done now and then, whether or not the files have changed.
    private func tick() {
        let now = Timestamp.current().seconds
        let context = state.withLock { $0.context }
        do throws(OpenSSLError) {
            try context.rotateTicketKeys(now: now)
        } catch {
            log.error("keeping the keys of session tickets: \(error); sessions are resumed with the ones before")
        }
        let notAfter = context.certificate.notAfter
        if let warning = state.withLock({ $0.warning.next(notAfter: notAfter, now: now) }) {
            log.warning(
                "\(warning)",
                metadata: ["file": "\(files.certificate)", "expires": "\(Timestamp(seconds: notAfter).rfc3339)"]
            )
        }
    }

    private func reload() {
        let previous = state.withLock { $0.context }
        do throws(CertificateError) {
            let context = try files.context(now: Timestamp.current().seconds, replacing: previous)
            state.withLock { $0 = State(context: context) }
            server.replaceTLS(of: 0, with: context)
            log.info(
                "Serving another certificate",
                metadata: [
                    "file": "\(files.certificate)",
                    "expires": "\(Timestamp(seconds: context.certificate.notAfter).rfc3339)",
                ]
            )
        } catch {
            log.error("keeping the certificate that is served: \(error)")
        }
    }
}

/// When to warn that a certificate comes to its end: once at each of these many days before, and at the end.
struct ExpiryWarning: Sendable {
    /// In days. Authorities that renew by themselves do so a third of the lifetime before the end, so that 30 days are
    /// the first sign that a certificate of 90 days was not renewed.
    static let days: [Int64] = [30, 7, 1]

    /// How many of the marks have been passed.
    private var passed = 0

    /// The warning that is due and wasn't given.
    ///
    /// - Parameters:
    ///   - notAfter: In seconds since 1970.
    ///   - now: In seconds since 1970.
    mutating func next(notAfter: Int64, now: Int64) -> String? {
        let left = notAfter - now
        let marks = Self.days.map { $0 * 86_400 } + [0]
        let count = marks.filter { left <= $0 }.count
        defer { passed = count }
        guard count > passed else { return nil }
        return Self.text(secondsLeft: left)
    }

    /// What there is to say of a certificate that ends so soon; `nil` where nothing is.
    static func text(secondsLeft left: Int64) -> String? {
        guard let first = days.first, left <= first * 86_400 else { return nil }
        if left <= 0 { return "the certificate that is served has expired; put a renewed pair in its place" }
        let hours = left / 3600
        let span = hours < 48 ? "\(hours) hours" : "\(hours / 24) days"
        return "the certificate that is served expires in \(span); put a renewed pair in its place"
    }
}
