/// Why a command failed: one line that says what was attempted, on what, why, and what to do.
package struct CommandFailure: Error, CustomStringConvertible {
    /// Which exit status it ends in.
    package enum Kind: Sendable {
        /// It was tried and failed: 1.
        case failed
        /// It can't be tried as it was asked for: 64.
        case usage
    }

    package let description: String
    package let kind: Kind

    package init(_ description: String, _ kind: Kind = .failed) {
        self.description = description.split(whereSeparator: \.isNewline).joined(separator: " ")
        self.kind = kind
    }
}
