internal import Logging

/// Keeps the users as the password file has them. A file that can't be used is reported once, and the users that were
/// known before stay.
final class HtpasswdReloader: Sendable {
    private let watch: FileWatch

    init(file: String, gate: AccessGate, log: Logger) {
        watch = FileWatch([file]) {
            do throws(HtpasswdError) {
                let users = try Htpasswd(file: file)
                gate.replace(users)
                log.info("Taking other passwords", metadata: ["file": "\(file)", "users": "\(users.count)"])
            } catch {
                log.error("keeping the passwords that were known: \(error)")
            }
        }
    }

    /// Takes the file up again where it has changed.
    func look() {
        watch.look()
    }
}
