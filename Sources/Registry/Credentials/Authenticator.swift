internal import Curl
internal import Synchronization

/// Says who asks, for one repository of one registry.
///
/// A password goes along unasked (RFC 7617 section 2.2) until the registry asks for a token (RFC 6750); tokens are kept
/// for each ``Access``, and fetched anew before they expire, when one is refused, and when the credentials change.
/// Any number of threads may use it: one fetches, the others wait for what it gets.
final class Authenticator: Sendable {
    /// The registry itself, whom alone the credentials and tokens are sent to.
    private let registry: TransferURL.Origin
    /// What is spoken to, for messages.
    private let location: String
    private let source: any CredentialSource
    private let server: TokenServer
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    fileprivate struct State {
        /// What the registry asked for last; `nil` as long as it asks for no token.
        var challenge: BearerChallenge?
        /// Whether no token came of it: tokens may be had elsewhere by now, so the registry is to say once more.
        var isDoubted = false
        var scope: TokenScope
        var tokens: [Access: Kept] = [:]
    }

    fileprivate struct Kept {
        let token: BearerToken
        /// Whom it was given to.
        let identity: Identity
    }

    /// What one request has shown of itself, and how that was taken.
    struct Admission {
        /// The value of `Authorization` that was sent.
        fileprivate(set) var sent: String?
        /// Whether its token was fetched for this very request.
        fileprivate var isFresh = false
        /// How often it was refused in a row.
        fileprivate var refusals = 0

        /// An answer came that is no refusal.
        mutating func wasTaken() { refusals = 0 }
    }

    /// - Parameter name: of the repository; `nil` where only the registry is meant.
    init(
        _ registry: TransferURL.Origin,
        repository name: String?,
        location: String,
        credentials: any CredentialSource,
        options: RegistryOptions,
        transfers: TransferClient
    ) {
        self.registry = registry
        self.location = location
        source = credentials
        now = options.now
        server = TokenServer(registry: registry, options: options, transfers: transfers)
        state = Mutex(State(scope: TokenScope(repository: name)))
    }

    /// The value of `Authorization` for a request to the registry itself, never for another host; `nil` for none.
    ///
    /// A token that is due and can't be had is done without at first: the registry then says where they are now.
    ///
    /// - Throws: ``RegistryError`` where the credentials can't be read, the time is over, or a token can't be had from where
    ///   the registry has just said.
    func authorization(
        for access: Access,
        _ admission: inout Admission,
        before deadline: Deadline
    ) throws(RegistryError) -> String? {
        let identity = try source.identity(renewed: false, before: deadline)
        let refusals = admission.refusals
        let (value, isFresh) = try state.withLock { state throws(RegistryError) -> (String?, Bool) in
            guard let challenge = state.challenge else { return (identity.basic, false) }
            if state.isDoubted, refusals == 0, state.token(for: access, identity)?.isStale(at: now()) ?? true {
                return (identity.basic, false)
            }
            do throws(RegistryError) {
                let (token, isFresh) = try token(for: access, challenge, identity, &state, before: deadline)
                return ("Bearer " + token, isFresh)
            } catch {
                if case .cancelled = error { throw error }
                state.isDoubted = true
                if case .deadline = error { throw error }
                guard refusals == 0 else { throw error }
                return (try source.identity(renewed: false, before: deadline).basic, false)
            }
        }
        admission.sent = value
        admission.isFresh = isFresh
        return value
    }

    private func token(
        for access: Access,
        _ challenge: BearerChallenge,
        _ identity: Identity,
        _ state: inout State,
        before deadline: Deadline
    ) throws(RegistryError) -> (value: String, isFresh: Bool) {
        let kept = state.token(for: access, identity)
        if let kept, !kept.isStale(at: now()) { return (kept.value, false) }
        do throws(RegistryError) {
            return (try fetch(for: access, challenge, identity, &state, before: deadline), true)
        } catch .tokenRefused(let server, let host, let username, let status, let detail) {
            // A helper may have something newer than what it gave last.
            let renewed = try source.identity(renewed: true, before: deadline)
            guard renewed != identity else {
                throw .tokenRefused(server: server, host: host, username: username, status: status, detail: detail)
            }
            return (try fetch(for: access, challenge, renewed, &state, before: deadline), true)
        } catch {
            // As long as the old one holds, a token server that is away for a moment does no harm.
            guard error.isTransient, let kept, !kept.hasExpired(at: now()) else { throw error }
            return (kept.value, false)
        }
    }

    private func fetch(
        for access: Access,
        _ challenge: BearerChallenge,
        _ identity: Identity,
        _ state: inout State,
        before deadline: Deadline
    ) throws(RegistryError) -> String {
        let scopes = state.scope.scopes(for: access)
        let token = try server.token(challenge, scopes: scopes, identity: identity, before: deadline)
        state.tokens[access] = Kept(token: token, identity: identity)
        return token.value
    }

    /// Takes note of an answer 401 to a request that should be let `access`.
    ///
    /// Returns where the request may be sent once more, as something else goes along with it then: at most once for each
    /// request, so that tokens that are refused, or expired when they arrive, make no circle.
    ///
    /// - Throws: ``RegistryError`` where nothing else can be shown, saying what to do.
    func refused(
        with challenges: [Challenge],
        _ access: Access,
        _ admission: inout Admission,
        attempt: String,
        before deadline: Deadline
    ) throws(RegistryError) {
        admission.refusals += 1
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            let challenge = try BearerChallenge(bearer, from: registry)
            let isNews = state.withLock { state in
                state.forget(admission.sent)
                return state.take(challenge)
            }
            // A token that was fetched for this request, by the same challenge, would come out the same once more.
            if admission.refusals > 1 || (admission.isFresh && !isNews) {
                throw try rejection(challenge, attempt: attempt, before: deadline)
            }
            return
        }
        guard challenges.isEmpty || challenges.contains(where: { $0.scheme == "basic" }) else {
            let scheme = challenges.first.map { JSON.printable($0.scheme) } ?? ""
            throw .unsupportedAuthentication(host: registry.description, scheme: scheme)
        }
        state.withLock { $0.challenge = nil }
        let identity = try source.identity(renewed: true, before: deadline)
        if admission.refusals == 1, let basic = identity.basic, basic != admission.sent { return }
        switch identity {
        case .anonymous: throw .authenticationRequired(host: registry.description)
        case .password(let username, _): throw .wrongCredentials(host: registry.description, username: username)
        case .refreshToken: throw .identityTokenUnusable(host: registry.description)
        }
    }

    /// Takes note that an answer with another status says that what was sent has expired, as ECR's do.
    ///
    /// - Returns: whether the request may be sent once more.
    func expired(_ admission: inout Admission, before deadline: Deadline) throws(RegistryError) -> Bool {
        guard let sent = admission.sent, admission.refusals == 0, !admission.isFresh else { return false }
        admission.refusals += 1
        if state.withLock({ $0.challenge != nil && $0.forget(sent) }) { return true }
        return try source.identity(renewed: true, before: deadline).basic != sent
    }

    private func rejection(
        _ challenge: BearerChallenge,
        attempt: String,
        before deadline: Deadline
    ) throws(RegistryError) -> RegistryError {
        let host = registry.description
        if try source.identity(renewed: false, before: deadline) == .anonymous {
            return .authenticationRequired(host: host)
        }
        if challenge.error == "insufficient_scope" {
            return .forbidden(location: location, attempt: attempt, host: host)
        }
        return .tokenNotAccepted(host: host, server: challenge.realm.origin.description)
    }
}

extension Authenticator.State {
    /// What was given to `identity`, be it still good or not; `nil` for nothing.
    fileprivate func token(for access: Access, _ identity: Identity) -> BearerToken? {
        tokens[access].flatMap { $0.identity == identity ? $0.token : nil }
    }

    /// Drops the token that was sent as `value`; another thread may have a newer one by now.
    ///
    /// - Returns: whether it was among those kept.
    @discardableResult
    fileprivate mutating func forget(_ value: String?) -> Bool {
        let found = tokens.filter { "Bearer \($0.value.token.value)" == value }.map(\.key)
        for access in found { tokens.removeValue(forKey: access) }
        return !found.isEmpty
    }

    /// - Returns: whether the challenge asks for anything that was not known.
    fileprivate mutating func take(_ new: BearerChallenge) -> Bool {
        let isSame = challenge.map(new.hasSameIssuer) ?? false
        let isWider = scope.add(new.scope)
        if !isSame || isWider { tokens = [:] }
        challenge = new
        isDoubted = false
        return !isSame || isWider
    }
}
