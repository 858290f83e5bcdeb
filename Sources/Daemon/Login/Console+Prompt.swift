internal import Platform

/// Questions to the person at the terminal.
extension Console {
    /// The longest answer, in bytes: tokens that serve as passwords have some KiB.
    private static let longestAnswer = 4 << 10

    /// Whether somebody can be asked.
    package static var canAsk: Bool { Terminal.isThere && StandardStream.error.isTerminal }

    /// Asks on standard error and reads a line.
    ///
    /// - Parameter isSecret: the terminal doesn't show what is typed.
    /// - Throws: ``CommandFailure`` where there is no answer.
    package static func ask(_ question: String, isSecret: Bool = false) throws -> String {
        StandardStream.error.write("\(question): ")
        let bytes: [UInt8]
        do throws(Terminal.Failure) {
            if isSecret {
                defer { StandardStream.error.write("\n") }
                bytes = try Terminal.readSecret(limit: longestAnswer)
            } else {
                bytes = try Terminal.readLine(limit: longestAnswer)
            }
        } catch {
            let reason =
                switch error {
                case .cancelled: "nothing was answered"
                case .tooLong: "the answer is longer than \(longestAnswer) bytes"
                case .system(let error): error.reason
                }
            throw CommandFailure("asking for \(question): \(reason)")
        }
        guard !bytes.isEmpty else { throw CommandFailure("asking for \(question): the answer is empty") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
