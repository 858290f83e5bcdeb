internal import Platform

/// The terminal, for the commands: their room does no system calls of its own.
package enum Console {
    /// The longest password taken, in bytes.
    private static let longestPassword = 64 << 10

    /// Writes to standard output.
    package static func print(_ text: String) {
        ProgressLine.shared.clear()
        StandardStream.output.write(text)
    }

    /// Writes bytes to standard output as they are.
    package static func write(_ bytes: [UInt8]) {
        ProgressLine.shared.clear()
        StandardStream.output.write(bytes)
    }

    /// Writes one line to standard error.
    package static func error(_ line: String) {
        ProgressLine.shared.clear()
        StandardStream.error.write(line + "\n")
    }

    /// The password on standard input.
    ///
    /// - Throws: ``CommandFailure`` where there is none.
    package static func readPassword() throws -> String {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try StandardStream.readInput(limit: longestPassword)
        } catch {
            throw CommandFailure("reading the password from standard input: \(error.reason)")
        }
        let password = String(passwordIn: bytes)
        guard !password.isEmpty else {
            throw CommandFailure("reading the password from standard input: it is empty; pipe it in")
        }
        return password
    }

    /// Ends the process.
    package static func exit(_ status: Int32) -> Never {
        ProcessFacts.exit(status)
    }
}
