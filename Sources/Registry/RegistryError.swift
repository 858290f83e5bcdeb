package import Content
package import Curl
package import Platform

/// Why a release could not be had from where releases come from, or could not be brought there.
package enum RegistryError: Error, Hashable, Sendable {
    /// No answer came.
    case transfer(TransferError, attempt: String)
    case noSuchRepository(location: String)
    case noSuchTag(Tag, location: String)
    case noSuchManifest(Digest, location: String)
    case noSuchBlob(Digest, location: String)
    /// The registry wants credentials and none are configured.
    case authenticationRequired(host: String)
    /// The registry did not take the credentials.
    case wrongCredentials(host: String, username: String)
    /// The registry wants a kind of authentication that is not spoken here.
    case unsupportedAuthentication(host: String, scheme: String)
    /// Docker's configuration can't be used.
    case credentialFile(path: String, attempt: String, reason: String)
    /// A helper that docker's configuration names did not do what it was asked.
    case credentialHelper(name: String, attempt: String, reason: String)
    /// The registry sends for a token where credentials don't belong.
    case untrustedRealm(host: String, realm: String, reason: String)
    /// The token server did not take the credentials, or gives nothing to those who have none.
    case tokenRefused(server: String, host: String, username: String?, status: Int, detail: String)
    /// The registry did not take the token that its own token server gave.
    case tokenNotAccepted(host: String, server: String)
    /// Docker's configuration has an identity token, and the registry wants a password.
    case identityTokenUnusable(host: String)
    /// AWS, or what stands in for it on this machine, did not give what was asked for.
    case aws(attempt: String, reason: String, mayPass: Bool = false)
    case forbidden(location: String, attempt: String, host: String)
    /// 408, 429 or 5xx, after all attempts.
    case unavailable(host: String, status: Int, attempt: String, detail: String)
    /// Any other status that does not belong there.
    case unexpectedStatus(host: String, status: Int, attempt: String, detail: String)
    /// The storage that the registry sends on to answers with a status that gives nothing.
    case storageRefuses(host: String, status: Int, attempt: String, detail: String)
    /// More bytes than such a thing may have.
    case tooLarge(String, limit: Int64)
    /// Something that can't be understood, and is not guessed at.
    case malformed(String, reason: String)
    case digestMismatch(String, expected: Digest, actual: Digest)
    case sizeMismatch(String, expected: Int64, actual: Int64)
    /// A transfer that ended early each time it was taken up; what came of it is as good as any.
    case incomplete(String, expected: Int64, received: Int64)
    /// A mirror has delivered some bytes of a blob before it showed that it doesn't have it.
    case tainted(Digest, mirror: String)
    /// The origin is away, and its mirrors don't know what a tag points at.
    indirect case originAway(RegistryError, mirrors: Int)
    /// A tag list without end.
    case endlessTagList(location: String, reason: String)
    case noTags(location: String)
    /// There are tags, but `include`, `exclude` or the policy leave none.
    case noCandidate(location: String, tags: Int, policy: String)
    /// A manifest that is no release of files.
    case unusableManifest(String, reason: String)
    /// A release that isn't signed as it has to be.
    case signature(SignatureFault)
    case badPattern(String, key: String, reason: String)
    case deadline(attempt: String)
    case cancelled(attempt: String)
    /// A directory in OCI image layout could not be read or written.
    case layout(directory: String, SystemError)
    case notALayout(directory: String, reason: String)
    /// What was to be pushed could not be read or summed up.
    case internalFailure(attempt: String, reason: String)

    /// Whether trying again later can help without anyone changing anything.
    package var isTransient: Bool {
        switch self {
        case .transfer(let error, _): error.isTransient
        case .aws(_, _, let mayPass): mayPass
        case .unavailable, .deadline, .digestMismatch, .sizeMismatch, .incomplete, .tainted, .originAway: true
        default: false
        }
    }
}

extension RegistryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .transfer(let error, let attempt): "\(attempt): \(error)\(Self.remedy(for: error))"
        case .noSuchRepository(let location):
            "there is no repository \(location); push a release to it first, or check source.repository"
        case .noSuchTag(let tag, let location):
            "there is no tag \(tag) in \(location); push it first, or check source.repository and source.tags.pin"
        case .noSuchManifest(let digest, let location):
            "there is no manifest \(digest) in \(location); it was removed, push the release again"
        case .noSuchBlob(let digest, let location):
            "the blob \(digest) is missing in \(location); the release there is incomplete, push it again"
        case .authenticationRequired(let host):
            "\(host) requires authentication; set source.username and source.password (--username, --password-stdin), "
                + "or run specman login \(host)"
        case .wrongCredentials(let host, let username):
            "\(host) does not accept the password of user \(username); \(Self.remedy(for: username, host))"
        case .unsupportedAuthentication(let host, let scheme):
            "\(host) asks for \(scheme) authentication, which is not spoken here; "
                + "let the registry offer Bearer or Basic authentication"
        case .credentialFile(let path, let attempt, let reason):
            "\(attempt) \(path): \(reason)"
        case .credentialHelper(let name, let attempt, let reason):
            "\(attempt) docker-credential-\(name): \(reason)"
        case .untrustedRealm(let host, let realm, let reason):
            "\(host) sends to \(realm) for a token, where no credentials are sent: \(reason); "
                + "correct the registry's realm, or check source.repository"
        case .tokenRefused(let server, let host, let username?, let status, let detail):
            "the token server \(server) of \(host) does not accept user \(username): it answers \(status)\(detail); "
                + Self.remedy(for: username, host)
        case .tokenRefused(let server, let host, nil, let status, let detail):
            "the token server \(server) of \(host) answers \(status)\(detail); "
                + "run specman login \(host), or set source.username and source.password"
        case .tokenNotAccepted(let host, let server):
            "\(host) does not accept the token that \(server) gave for it; "
                + "check that both belong together and that their clocks agree"
        case .identityTokenUnusable(let host):
            "\(host) asks for a password, but docker's configuration has an identity token for it; "
                + "run specman login \(host)"
        case .aws(let attempt, let reason, _): "\(attempt): \(reason)"
        case .forbidden(let location, let attempt, let host):
            "\(attempt): \(host) forbids it; give the user of source.username access to \(location)"
        case .unavailable(let host, let status, let attempt, let detail):
            "\(attempt): \(host) answers \(status)\(detail) again and again; it is tried again later, "
                + "see the registry's log if it goes on"
        // So Go's servers and nginx answer to plain HTTP where they speak TLS.
        case .unexpectedStatus(let host, 400, let attempt, let detail)
        where detail.contains("plain HTTP where it speaks HTTPS") || detail.contains("HTTP request to an HTTPS server"):
            "\(attempt): \(host) answers 400\(detail); take away source.plainHTTP (--plain-http), it speaks TLS there"
        case .unexpectedStatus(let host, let status, let attempt, let detail):
            "\(attempt): \(host) answers \(status)\(detail); check source.repository and that a registry listens there"
        case .storageRefuses(let host, let status, let attempt, let detail):
            "\(attempt): \(host) answers \(status)\(detail); check this machine's clock, what stands between it and that "
                + "host, and the registry's storage"
        case .tooLarge(let what, let limit):
            "\(what) is larger than the \(ByteCount.format(limit)) allowed for it; push a smaller one"
        case .malformed(let what, let reason): "\(what) can't be understood: \(reason); push the release again"
        case .digestMismatch(let what, let expected, let actual):
            "\(what) does not have the digest \(expected) but \(actual); it was damaged or tampered with and is not used"
        case .sizeMismatch(let what, let expected, let actual):
            "\(what) does not have \(expected) bytes but \(actual); it was damaged or tampered with and is not used"
        case .incomplete(let what, let expected, let received):
            "\(what) ended after \(received) of \(expected) bytes, however often the rest was asked for; what came is kept "
                + "for the next attempt, see what stands between this machine and the registry, and the registry's log"
        case .tainted(let digest, let mirror):
            "the blob \(digest) of the mirror \(mirror) is something else; it is not used, "
                + "check the mirror or take it out of source.mirrors"
        case .originAway(let error, let mirrors):
            "\(error); only the origin is asked for tags, not its \(mirrors == 1 ? "mirror" : "\(mirrors) mirrors"), "
                + "so the last good release stays until it is back"
        case .endlessTagList(let location, let reason):
            "the tag list of \(location) has no end: \(reason); check the registry or the proxy before it"
        case .noTags(let location): "\(location) has no tags; push a release to it first"
        case .noCandidate(let location, let tags, let policy):
            "none of the \(tags) tags of \(location) is a candidate (\(policy)); check source.tags"
        case .unusableManifest(let what, let reason): "\(what) is no release of files: \(reason)"
        case .signature(let fault): "\(fault)"
        case .badPattern(let pattern, let key, let reason):
            "\(key) is no regular expression: \(pattern): \(reason); correct it"
        case .deadline(let attempt): "\(attempt): the time for a sync was up; check the network or raise source.timeout"
        case .cancelled(let attempt): "\(attempt): cancelled"
        case .layout(let directory, let error): "\(Reference.layoutPrefix)\(directory): \(error)"
        case .notALayout(let directory, let reason):
            "\(directory) is no directory in OCI image layout: \(reason); push a release to it first"
        case .internalFailure(let attempt, let reason): "\(attempt): \(reason)"
        }
    }

    /// Where a password that is not taken came from, and what mends it.
    private static func remedy(for username: String, _ host: String) -> String {
        if username == ECRPassword.standardUsername {
            return
                "it is one that Amazon ECR gives for one region and twelve hours: check the region in the host name and "
                + "source.aws, and remove an old one from docker's configuration (specman logout \(host))"
        }
        return "check source.username and source.password, or run specman login \(host) again"
    }

    /// Which of our settings mends it.
    private static func remedy(for error: TransferError) -> String {
        guard case .tls(_, let failure) = error.cause else { return "" }
        return switch failure {
        case .unknownAuthority: " by setting source.tls.caFile (--ca-file) to the CA's certificate"
        case .clientCertificateRequired: "; set source.tls.certificateFile and source.tls.keyFile"
        case .notTLS: "; set source.plainHTTP (--plain-http) if it speaks plain HTTP"
        default: ""
        }
    }
}
