internal import Content
internal import Platform
internal import Registry

/// What `source` says of who asks.
extension Settings {
    /// The docker configuration that `source.dockerConfig` names, else the one in the usual place.
    var dockerConfig: DockerConfigurationFile? {
        if let path = text("source.dockerConfig") { return DockerConfigurationFile(path, isRequired: true) }
        return .standard(environment)
    }

    /// Who asks, by `source.credentialType`: under `auto` the user of `source.username`, else what docker's
    /// configuration or AWS has for the registry.
    func credentials(
        _ docker: DockerConfigurationFile?,
        for location: Reference.Location?
    ) throws(ConfigurationError) -> Credentials {
        let kind = text("source.credentialType") ?? "auto"
        switch kind {
        case "noAuth":
            try refuseAWS(besides: kind)
            return .anonymous
        case "auto": break
        case "basic": try refuseAWS(besides: kind)
        case "secret": return .aws(try aws(.secret, kind, for: location))
        case "sts": return .aws(try aws(.sts, kind, for: location))
        case "pod-identity": return .aws(try aws(.podIdentity, kind, for: location))
        default:
            throw fault(
                "source.credentialType",
                expected: "one of auto, noAuth, basic, secret, sts, pod-identity"
            )
        }
        guard let username = filledText("source.username") else {
            if kind == "basic" { throw .missing(key: "source.username", remedy: "credentialType basic needs it") }
            for key in ["source.password", "source.passwordFile"] where filledText(key) != nil {
                let remedy =
                    isFromSecret(key)
                    ? "the Secret has a password, and one in the file doesn't count beside it: put it into the Secret"
                    : "\(key) needs the user that it belongs to"
                throw .missing(key: "source.username", remedy: remedy)
            }
            return .automatic(docker: docker, aws: try aws(.automatic, kind, for: location))
        }
        if kind == "auto" { try refuseAWS(besides: "auto with source.username") }
        return .basic(username: username, password: try password())
    }

    /// Of `source.password` and `source.passwordFile` the one that is given nearer to the command line; but what the
    /// mounted Secret has for its own user belongs to that one.
    private func password() throws(ConfigurationError) -> String {
        let password = filledText("source.password")
        guard let file = filledText("source.passwordFile") else {
            guard let password else {
                throw .missing(key: "source.password", remedy: "source.username needs it, or source.passwordFile")
            }
            return password
        }
        if let password, let its = setting("source.password")?.origin.layer,
            let other = setting("source.passwordFile")?.origin.layer
        {
            if its == other {
                throw fault("source.passwordFile", expected: "unset where source.password is set in the same place")
            }
            let isPair = isFromSecret("source.username") && isFromSecret("source.password")
            if its < other || isPair { return password }
        }
        do throws(SystemError) {
            return String(passwordIn: try WholeFile.read(file, limit: 64 << 10))
        } catch {
            throw fault("source.passwordFile", expected: "a readable file (\(error.reason))")
        }
    }
}

extension String {
    /// The password that somebody wrote into a file or a pipe: editors and `echo` end it with a line break that is no
    /// part of it.
    init(passwordIn bytes: [UInt8]) {
        let last = bytes.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        self.init(decoding: bytes.prefix(last.map { $0 + 1 } ?? 0), as: UTF8.self)
    }
}
