/// Who has delivered a manifest or a blob, and why not those that were to be asked before.
package struct MirrorReport: Hashable, Sendable {
    /// A mirror that did not deliver.
    package struct Skip: Hashable, Sendable {
        package enum Cause: Hashable, Sendable {
            /// It doesn't have the thing.
            case missing
            /// It failed before, and isn't asked for as long.
            case resting(Duration)
            /// It failed, and isn't asked for as long.
            case failed(reason: String, rest: Duration)
        }

        package let mirror: String
        package let cause: Cause
    }

    /// `blob sha256:…`, `manifest sha256:…`.
    package let what: String
    /// The mirror or the origin; `nil` for nobody.
    package let deliveredBy: String?
    /// In the order in which they were to be asked.
    package let skipped: [Skip]
    /// Whether the same was reported of the same thing before, and no mirror has failed anew.
    package internal(set) var isRepetition: Bool

    package var hasFailure: Bool {
        skipped.contains { skip in
            if case .failed = skip.cause { return true }
            return false
        }
    }
}

extension MirrorReport.Skip: CustomStringConvertible {
    package var description: String {
        switch cause {
        case .missing: "\(mirror) doesn't have it"
        case .resting(let left): "\(mirror) rests for \(left.wholeSeconds) more, as it failed before"
        case .failed(let reason, let rest): "\(mirror) rests for \(rest.wholeSeconds): \(reason)"
        }
    }
}

extension Duration {
    /// In seconds, rounded up.
    fileprivate var wholeSeconds: String {
        let (seconds, attoseconds) = components
        return "\(attoseconds > 0 ? seconds + 1 : seconds) s"
    }
}
