internal import OpenSSL
internal import Platform

/// Files that a command's own flags name.
package enum InputFile {
    /// The longest password, in bytes, and the largest PEM file: far beyond a bundle of every public authority.
    private static let longestPassword = 64 << 10
    private static let largestBundle = 16 << 20

    /// The password in `path`, without a line break at its end.
    package static func password(_ path: String, flag: String = "--password-file") throws(CommandFailure) -> String {
        let attempt = "reading the password from \(path)"
        let password = String(passwordIn: try read(path, limit: longestPassword, attempt, flag))
        guard !password.isEmpty else { throw CommandFailure("\(attempt): the file is empty; check \(flag)") }
        return password
    }

    /// The certificates (PEM) in `path`, of which at least one can be trusted.
    package static func authorities(_ path: String, flag: String = "--ca-file") throws(CommandFailure) -> [UInt8] {
        let attempt = "reading the CA's certificate from \(path)"
        let bytes = try read(path, limit: largestBundle, attempt, flag)
        do throws(CertificateError) {
            try PEMCheck.authorities(bytes, name: path)
        } catch {
            throw CommandFailure("reading the CA's certificate: \(error); check \(flag)")
        }
        return bytes
    }

    private static func read(
        _ path: String,
        limit: Int,
        _ attempt: String,
        _ flag: String
    ) throws(CommandFailure) -> [UInt8] {
        do throws(SystemError) {
            return try WholeFile.read(path, limit: limit)
        } catch {
            throw CommandFailure("\(attempt): \(error.reason); check \(flag)")
        }
    }
}
