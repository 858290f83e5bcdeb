internal import Curl

/// What a registry answers to somebody who shows nothing.
package struct RegistryGreeting: Sendable {
    let challenges: [Challenge]

    /// The realm's URL where tokens are wanted; its host may be another one.
    package var tokenServer: String? {
        challenges.first { $0.scheme == "bearer" }.map { JSON.printable($0.parameters["realm"] ?? "") }
    }

    /// Whether it wants to know who asks.
    package var isOpen: Bool { challenges.isEmpty }

    /// What is asked for, for people.
    package var summary: String {
        if isOpen { return "anybody is let in" }
        return "asks for "
            + challenges.map { challenge in
                let scheme = JSON.printable(challenge.scheme)
                switch challenge.scheme {
                case "bearer": return "a token from \(JSON.printable(challenge.parameters["realm"] ?? "nowhere"))"
                case "basic": return "user and password (Basic)"
                default: return scheme
                }
            }.joined(separator: " or ")
    }
}
