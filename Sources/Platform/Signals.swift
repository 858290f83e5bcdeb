internal import CPlatform
internal import Glibc

/// Signals whose default action would end the process.
package enum Signals {
    /// Ignores SIGPIPE and SIGXFSZ, so that a reader that goes away and a file-size limit become errors of the call
    /// (`EPIPE`, `EFBIG`). To be called once, before the first socket is opened.
    package static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
        _ = signal(SIGXFSZ, SIG_IGN)
    }

    /// What asks a process to end: SIGTERM from the system, SIGINT from a terminal.
    package static let termination: [Int32] = [SIGTERM, SIGINT]
    /// What a terminal that goes away sends, and what asks many daemons to read their configuration again.
    package static let hangUp: Int32 = SIGHUP

    /// Takes the default action from a signal (`signal(2)`, `SIG_IGN`).
    package static func ignore(_ number: Int32) {
        _ = signal(number, SIG_IGN)
    }
}
