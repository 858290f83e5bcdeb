internal import COpenSSL

/// A call into OpenSSL that failed, with the reasons it left on its error queue.
package struct OpenSSLError: Error, Hashable, Sendable {
    /// What was called or attempted.
    package let attempt: String
    /// OpenSSL's reasons, oldest first.
    package let reasons: [String]

    /// Drains this thread's error queue.
    package init(doing attempt: String) {
        self.attempt = attempt
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { break }
            reasons.append(specman_error_text(code).map { String(cString: $0) } ?? "error \(code)")
        }
        self.reasons = reasons
    }

    /// A failure that OpenSSL itself did not report.
    package init(doing attempt: String, reason: String) {
        self.attempt = attempt
        reasons = [reason]
    }
}

extension OpenSSLError: CustomStringConvertible {
    package var description: String {
        reasons.isEmpty ? "\(attempt) failed" : "\(attempt): \(reasons.joined(separator: ", "))"
    }
}
