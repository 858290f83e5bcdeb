internal import Logging
internal import Platform

/// Keeps the users as the password file has them. A file that can't be used is reported once, and the users that were
/// known before stay.
final class HtpasswdReloader: Sendable {
    private let watch: FileWatch

    /// - Parameter seen: what the file was before the users that `gate` has were read from it.
    init(file: String, seen: FileIdentity?, gate: AccessGate, log: Logger) {
        watch = FileWatch([file], seen: [seen]) {
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
