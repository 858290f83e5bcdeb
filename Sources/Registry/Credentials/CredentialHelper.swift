internal import FoundationEssentials
internal import Platform

/// A program that keeps credentials for docker and others: `docker-credential-NAME`.
///
/// Specification: docker-credential-helpers, "Development": a verb as the argument, what it is about on standard input.
struct CredentialHelper: Sendable {
    /// What stands behind `docker-credential-`.
    let name: String

    /// How long it may take: one that asks a cloud takes some seconds, and one that asks a person never ends.
    private static let patience: Duration = .seconds(30)
    /// The most it may write, in bytes: one answer with a token of some KiB.
    private static let outputLimit = 128 << 10
    /// What helpers say, and with which exit status, where they have nothing.
    private static let notFound = "credentials not found"

    private struct Answer: Codable {
        var server: String?
        var username: String?
        var secret: String?

        enum CodingKeys: String, CodingKey {
            case server = "ServerURL"
            case username = "Username"
            case secret = "Secret"
        }
    }

    /// - Throws: `RegistryError.credentialHelper` where the name could lead anywhere but to such a program.
    init(_ name: String) throws(RegistryError) {
        self.name = name
        let isWord = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isWord, !name.isEmpty, name.utf8.count <= 64 else {
            throw .credentialHelper(
                name: JSON.printable(name),
                attempt: "running",
                reason: "no helper has such a name; correct credHelpers or credsStore in docker's configuration"
            )
        }
    }

    /// What the helper has for `server`; `nil` where it has nothing.
    func get(_ server: String, before deadline: Deadline) throws(RegistryError) -> Identity? {
        let output = try run("get", input: Array(server.utf8), before: deadline)
        if output.status != 0 {
            guard Self.sentence(output).lowercased().contains(Self.notFound) else { throw failed("get", output) }
            return nil
        }
        // Its own words are not repeated here: they may be half a secret.
        guard let answer = try? JSON.decode(Answer.self, from: output.out, name: ""), let secret = answer.secret,
            !secret.isEmpty
        else {
            throw failure("get", "its answer is no credentials; run it by hand to see what it says")
        }
        let username = answer.username ?? ""
        return username == "<token>" ? .refreshToken(secret) : .password(username: username, password: secret)
    }

    /// Has the helper keep a password.
    func store(
        _ server: String,
        username: String,
        password: String,
        before deadline: Deadline
    ) throws(RegistryError) {
        let document = Answer(server: server, username: username, secret: password)
        let input = try JSON.encode(document, attempt: "writing to docker-credential-\(name)")
        let output = try run("store", input: input, before: deadline)
        guard output.status == 0 else { throw failed("store", output) }
    }

    /// Has the helper forget what it has for `server`.
    ///
    /// - Returns: whether it had anything.
    func erase(_ server: String, before deadline: Deadline) throws(RegistryError) -> Bool {
        let output = try run("erase", input: Array(server.utf8), before: deadline)
        if output.status == 0 { return true }
        guard Self.sentence(output).lowercased().contains(Self.notFound) else { throw failed("erase", output) }
        return false
    }

    private func run(
        _ verb: String,
        input: [UInt8],
        before deadline: Deadline
    ) throws(RegistryError) -> ChildProcess.Output {
        try deadline.check("running docker-credential-\(name)")
        do throws(ChildProcess.Failure) {
            return try ChildProcess.run(
                "docker-credential-\(name)",
                [verb],
                input: input,
                limit: Self.outputLimit,
                timeout: min(Self.patience, deadline.remaining),
                isCancelled: { deadline.cancellation.isCancelled }
            )
        } catch {
            switch error {
            case .cancelled: throw .cancelled(attempt: "running docker-credential-\(name)")
            case .timeout:
                throw failure(verb, "it takes too long; run it by hand to see what it waits for")
            case .tooMuchOutput: throw failure(verb, "it writes more than credentials take; check what program it is")
            case .system(let error) where error.isNotFound:
                throw failure(
                    verb,
                    "there is no such program on the search path; install it, "
                        + "or correct credHelpers or credsStore in docker's configuration"
                )
            case .system(let error): throw failure(verb, "\(error.reason); check that it may be run")
            }
        }
    }

    private func failed(_ verb: String, _ output: ChildProcess.Output) -> RegistryError {
        let text = Self.sentence(output)
        let words = text.isEmpty ? "without a word" : "saying \"\(JSON.printable(text))\""
        return failure(verb, "it ended with status \(output.status) \(words); run it by hand to mend what it lacks")
    }

    private func failure(_ verb: String, _ reason: String) -> RegistryError {
        .credentialHelper(name: name, attempt: "running", reason: "\(verb): \(reason)")
    }

    /// The first line that a failed helper wrote: on standard output as docker's do, else on standard error.
    private static func sentence(_ output: ChildProcess.Output) -> String {
        [output.out, output.err].lazy
            .map { String(decoding: $0.prefix(1024), as: UTF8.self) }
            .compactMap { $0.split(whereSeparator: \.isNewline).first.map(String.init) }
            .first ?? ""
    }
}
