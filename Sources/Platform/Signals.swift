internal import Glibc

/// Signals whose default action would end the process.
package enum Signals {
    /// Ignores SIGPIPE and SIGXFSZ, so that a reader that goes away and a file-size limit become errors of the call
    /// (`EPIPE`, `EFBIG`). To be called once, before the first socket is opened.
    package static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
        _ = signal(SIGXFSZ, SIG_IGN)
    }
}
