internal import Content
internal import Curl

extension PaletteError: CustomStringConvertible {
    /// One line: what was attempted, on what, why it failed, what to do. Never holds a password or token.
    package var description: String {
        switch self {
        case .badAddress(let reason): "the address of Palette: \(reason)"
        case .badEndpoint(let reason): "the SCAR endpoint: \(reason)"
        case .transfer(let error, let attempt): "\(attempt): \(error)\(Self.remedy(for: error))"
        case .refused(let reply, let username, true, let attempt):
            "\(attempt): \(reply.host) does not accept the password of user \(username.printable): it answers \(reply); "
                + "check --username and the password, which are those of Palette's system console"
        case .refused(let reply, let username, false, let attempt):
            "\(attempt): \(reply.host) does not let user \(username.printable) do it: it answers \(reply); "
                + (reply.status == 401 ? "log in anew by running it again, or " : "")
                + "use a system administrator (--username)"
        case .rejected(let reply, let attempt):
            "\(attempt): \(reply.host) does not take it: it answers \(reply); check --endpoint where it was given, and see "
                + "the logs of Palette's pods"
        case .notThere(let reply, true, let attempt):
            "\(attempt): there is no Palette at \(reply.host): it answers \(reply); give the address of Palette's system "
                + "console"
        case .notThere(let reply, false, let attempt):
            "\(attempt): \(reply.host) does not know it: it answers \(reply); it takes Palette 4.5.15 or later, upgrade it "
                + "first"
        case .redirected(let reply, let target, let attempt):
            "\(attempt): \(reply.host) answers \(reply) and sends on to \(target ?? "nowhere"), which is not followed with a "
                + "password; give the address of Palette itself"
        case .unavailable(let reply, let attempt):
            "\(attempt): \(reply.host) answers \(reply); try again later, and see the logs of Palette's pods if it goes on"
        case .unexpectedStatus(let reply, let attempt):
            "\(attempt): \(reply.host) answers \(reply); check that it is Palette's system console that listens there"
        case .malformed(let host, let reason, let attempt):
            "\(attempt): the answer of \(host) can't be understood: \(reason); check that it is Palette's system console "
                + "that listens there"
        case .otherEndpoint(let host, let set, let found):
            "setting Palette's SCAR endpoint: \(host) took \(set), but still has \(found?.printable ?? "none"); see whether "
                + "somebody else sets it, and try again"
        case .unconfirmed(let error, let set):
            "the SCAR endpoint is set to \(set), but its data jobs are not started: \(error); then try again"
        case .jobsNotStarted(let failures, let host):
            "the SCAR endpoint of \(host) is set, but not all data jobs are started: "
                + failures.map(\.description).joined(separator: "; ")
                + "; then run it again, with --wait 0s"
        }
    }

    /// Which of our flags mends it.
    private static func remedy(for error: TransferError) -> String {
        switch error.cause {
        case .tls(_, .unknownAuthority): " with --ca-file, or take any certificate with --insecure"
        case .tls(_, .nameMismatch), .tls(_, .addressMismatch): ", or take any certificate with --insecure"
        case .tls(_, .notTLS): "; give the port on which Palette speaks HTTPS"
        case .timeout, .interrupted: "; try again, and see whether Palette is overloaded"
        case .headTooLarge, .bodyTooLarge, .badAnswer: "; check that it is Palette's system console that listens there"
        default: ""
        }
    }
}

extension PaletteError.Reply: CustomStringConvertible {
    /// `401 (InvalidCredentials: …)`.
    package var description: String { "\(status)\(detail)" }
}
