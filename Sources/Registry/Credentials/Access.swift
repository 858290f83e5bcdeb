/// What a request does in the repository: a token is for one of these.
enum Access: Hashable, Sendable {
    case pull
    case push

    /// In the words of a scope.
    var actions: [String] { self == .pull ? ["pull"] : ["pull", "push"] }
}

/// What a token is to allow: `repository:NAME:pull,push`, and what a registry asks for besides.
///
/// Specification: distribution, "Token Scope Documentation".
struct TokenScope: Hashable, Sendable {
    /// `nil` for a token that only says who asks.
    private let repository: String?
    /// Further actions in our repository that the registry has asked for, such as Azure's `metadata_read`.
    private var actions: Set<String> = []
    /// Scopes of other kinds, such as `aws` of ECR Public.
    private var others: [String] = []

    /// The most that challenges may add; registries ask for one or two.
    private static let mostAdditions = 8
    /// What no challenge adds: a token that leaks should allow nothing that nobody meant to do.
    private static let refused: Set<String> = ["push", "delete", "*"]

    init(repository: String?) {
        self.repository = repository
    }

    /// Takes what a challenge asks for, as far as it concerns our own repository and doesn't change anything there.
    ///
    /// - Returns: whether anything of it is new.
    mutating func add(_ challenge: String) -> Bool {
        var isNew = false
        for scope in challenge.split(separator: " ") where actions.count + others.count < Self.mostAdditions {
            if let colon = scope.lastIndex(of: ":"), scope.hasPrefix("repository:") {
                guard let repository, scope[..<colon] == "repository:\(repository)" else { continue }
                for action in scope[scope.index(after: colon)...].split(separator: ",").map(String.init)
                where action != "pull" && !Self.refused.contains(action) {
                    if actions.insert(action).inserted { isNew = true }
                }
            } else if !scope.contains("*"), !others.contains(String(scope)) {
                others.append(String(scope))
                isNew = true
            }
        }
        return isNew
    }

    /// Every scope to ask a token for.
    func scopes(for access: Access) -> [String] {
        guard let repository else { return others }
        return ["repository:\(repository):" + (access.actions + actions.sorted()).joined(separator: ",")] + others
    }
}
