internal import Dispatch
internal import HTTP
internal import OpenSSL
internal import Platform
internal import Synchronization

/// Says whether a name and a password belong together, at a cost that an attacker can't drive up.
///
/// A hash takes milliseconds to seconds of a core by design. So at most half of the cores compute them, for a bounded
/// number of attempts; one address has a few at a time, and a failed attempt counts for a second more; equal
/// attempts are one; and what was found out is remembered for a short while, under a hash with a key of this process.
final class PasswordVerifier: Sendable {
    enum Verdict: Sendable {
        case right
        case wrong
        /// Too many attempts wait, of this address or of all.
        case busy
    }

    typealias Reply = @Sendable (Verdict) -> Void

    /// How long a verified password counts without being looked at again.
    static let memory = Duration.seconds(60)
    /// How long the answer to a wrong one takes, and the attempt counts against its address.
    static let penalty = Duration.seconds(1)
    /// How long a wrong password is known as such.
    private static let failureMemory = Duration.seconds(10)
    /// Attempts of one address at a time: a browser opens six connections.
    static let attemptsForAddress = 8
    /// Attempts that wait, of all addresses: some seconds of work.
    private static let mostAttempts = 256
    /// Passwords remembered, right ones and wrong ones.
    static let mostRemembered = 4096

    /// A name and a password, as nothing that could be turned back into them.
    private typealias Key = [UInt8]

    private struct Job: Sendable {
        let key: Key
        let credentials: BasicCredentials
        let address: String
        let htpasswd: Htpasswd
        let epoch: Int
    }

    private struct State {
        var htpasswd: Htpasswd
        /// Grows with each other file.
        var epoch = 0
        /// What was found out, and until when it counts, in nanoseconds.
        var known: [Key: (isRight: Bool, until: UInt64)] = [:]
        var replies: [Key: [Reply]] = [:]
        var waiting: [Job] = []
        var running = 0
        var attempts: [String: Int] = [:]
    }

    private let state: Mutex<State>
    private let secret: [UInt8]
    private let width: Int
    private let penalty: Duration
    private let mostRemembered: Int
    private let work = DispatchQueue(label: "specman.access.passwords", attributes: .concurrent)
    private let answers = DispatchQueue(label: "specman.access.answers", attributes: .concurrent)

    /// - Parameters:
    ///   - width: Attempts computed at a time.
    ///   - penalty: For how long a wrong one counts against its address.
    ///   - mostRemembered: Passwords.
    init(
        _ htpasswd: Htpasswd,
        width: Int = max(1, Processors.count / 2),
        penalty: Duration = PasswordVerifier.penalty,
        mostRemembered: Int = PasswordVerifier.mostRemembered
    ) {
        state = Mutex(State(htpasswd: htpasswd))
        secret = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        self.width = width
        self.penalty = penalty
        self.mostRemembered = mostRemembered
    }

    /// From now on this file counts; what was found out before is forgotten.
    func replace(_ htpasswd: Htpasswd) {
        state.withLock { state in
            state.htpasswd = htpasswd
            state.epoch += 1
            state.known = [:]
        }
    }

    /// Finds out, and tells `reply`, once: on this thread where it is known, else later and on another.
    func verify(_ credentials: BasicCredentials, from address: String, reply: @escaping Reply) {
        guard let key = key(of: credentials) else { return reply(.wrong) }
        let now = MonotonicClock.nanoseconds
        var verdict: Verdict?
        var job: Job?
        state.withLock { state in
            if let known = state.known[key], known.until > now {
                verdict = known.isRight ? .right : .wrong
                return
            }
            if state.replies[key] != nil {
                state.replies[key]?.append(reply)
                return
            }
            guard state.attempts[address, default: 0] < Self.attemptsForAddress,
                state.waiting.count < Self.mostAttempts
            else {
                verdict = .busy
                return
            }
            state.attempts[address, default: 0] += 1
            state.replies[key] = [reply]
            let new = Job(
                key: key,
                credentials: credentials,
                address: address,
                htpasswd: state.htpasswd,
                epoch: state.epoch
            )
            if state.running < width {
                state.running += 1
                job = new
            } else {
                state.waiting.append(new)
            }
        }
        if let verdict { return reply(verdict) }
        if let job { work.async { self.run(job) } }
    }

    /// Does a job, and those that wait, until none is left.
    private func run(_ first: Job) {
        var next: Job? = first
        while let job = next {
            let isRight = job.htpasswd.accepts(user: job.credentials.user, password: job.credentials.password)
            let replies = finish(job, isRight: isRight)
            // Not here: what follows may take long, and others wait for their turn.
            for reply in replies { answers.async { reply(isRight ? .right : .wrong) } }
            next = state.withLock { state in
                guard !state.waiting.isEmpty else {
                    state.running -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
        }
    }

    private func finish(_ job: Job, isRight: Bool) -> [Reply] {
        let now = MonotonicClock.nanoseconds
        if !isRight {
            let limit = DispatchTime.now() + .nanoseconds(Int(clamping: Self.nanoseconds(penalty)))
            answers.asyncAfter(deadline: limit) { self.release(job.address) }
        }
        return state.withLock { state in
            if isRight { Self.release(job.address, &state) }
            if job.epoch == state.epoch {
                if state.known.count >= mostRemembered {
                    state.known = state.known.filter { $0.value.until > now }
                    if state.known.count >= mostRemembered { state.known = [:] }
                }
                let memory = Self.nanoseconds(isRight ? Self.memory : Self.failureMemory)
                state.known[job.key] = (isRight, now &+ memory)
            }
            return state.replies.removeValue(forKey: job.key) ?? []
        }
    }

    private func release(_ address: String) {
        state.withLock { Self.release(address, &$0) }
    }

    private static func release(_ address: String, _ state: inout State) {
        guard let count = state.attempts[address] else { return }
        state.attempts[address] = count > 1 ? count - 1 : nil
    }

    private func key(of credentials: BasicCredentials) -> Key? {
        let bytes = secret + credentials.user + [UInt8(ascii: ":")] + credentials.password
        do throws(OpenSSLError) {
            // Bytes have no padding whose content could be undefined.
            return try unsafe SHA256.sum(of: bytes.span.bytes)
        } catch {
            // Out of memory; without a key nothing can be remembered, so that nothing is admitted.
            return nil
        }
    }

    private static func nanoseconds(_ duration: Duration) -> UInt64 {
        UInt64(duration.components.seconds) * 1_000_000_000
    }
}
