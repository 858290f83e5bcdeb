/// Finds out as whom AWS is asked.
struct AWSIdentity: Sendable {
    let configuration: AWSConfiguration
    let client: AWSClient
    let options: RegistryOptions
    /// Whose STS is asked.
    let region: AWSRegion

    private static let attempt = "looking for AWS credentials"

    /// Looks anew each time: whoever renews a key or a token shall not have to tell us.
    ///
    /// - Returns: `nil` where nothing was configured and nothing was found, and why, for people.
    /// - Throws: ``RegistryError`` where what was configured, or found, can't be used.
    func find(before deadline: Deadline) throws(RegistryError) -> (credentials: AWSCredentials?, lookedAt: String) {
        let finding = try find(in: sources, before: deadline)
        guard let base = finding.credentials, let role = configuration.roleARN, configuration.kind != .secret,
            role != environment.webIdentity?.roleARN
        else { return finding }
        let credentials = try service.assume(role, externalID: configuration.externalID, with: base, before: deadline)
        return (credentials, finding.lookedAt)
    }

    /// As above, for whom nothing is not enough.
    func require(before deadline: Deadline) throws(RegistryError) -> AWSCredentials {
        let (credentials, lookedAt) = try find(before: deadline)
        if let credentials { return credentials }
        throw .aws(
            attempt: Self.attempt,
            reason:
                "there are none (\(lookedAt)); set source.aws.accessKeyID and source.aws.secretAccessKey, or give the "
                + "pod or the instance a role"
        )
    }

    private var environment: AWSEnvironment { configuration.environment }
    private var service: SecurityTokenService { SecurityTokenService(client: client, region: region) }

    /// Where credentials may come from.
    private enum Place {
        case configuration
        case environment
        case webIdentity
        case sharedFile
        case container
        case instance
    }

    /// In the order in which AWS's own tools look.
    private var sources: [Place] {
        switch configuration.kind {
        case .automatic, .sts: [.configuration, .environment, .webIdentity, .sharedFile, .container, .instance]
        case .secret: [.configuration, .environment, .sharedFile]
        case .podIdentity: [.container]
        }
    }

    private func find(
        in places: [Place],
        before deadline: Deadline
    ) throws(RegistryError) -> (credentials: AWSCredentials?, lookedAt: String) {
        var reasons: [String] = []
        for place in places {
            switch try look(at: place, before: deadline) {
            case .credentials(let credentials): return (credentials, "")
            case .nothing(let reason): reasons.append(reason)
            }
        }
        return (nil, reasons.joined(separator: "; "))
    }

    private func look(at place: Place, before deadline: Deadline) throws(RegistryError) -> AWSFinding {
        switch place {
        case .configuration:
            guard let id = configuration.accessKeyID, let secret = configuration.secretAccessKey else {
                return .nothing("no source.aws.accessKeyID")
            }
            return try Self.key("source.aws.accessKeyID and source.aws.secretAccessKey", id, secret, nil)
        case .environment:
            guard let (id, secret, token) = environment.accessKey else { return .nothing("no AWS_ACCESS_KEY_ID") }
            return try Self.key("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", id, secret, token)
        case .webIdentity:
            guard let (role, file) = environment.webIdentity else { return .nothing("no AWS_WEB_IDENTITY_TOKEN_FILE") }
            return .credentials(try service.assume(role, withTokenIn: file, before: deadline))
        case .sharedFile:
            guard let path = environment.sharedCredentialsFile else { return .nothing("no HOME") }
            return try SharedCredentialsFile(path: path, profile: environment.profile).find()
        case .container:
            return try ContainerCredentials(environment: environment, options: options).find(before: deadline)
        case .instance:
            return try InstanceMetadata(environment: environment, options: options).find(before: deadline)
        }
    }

    private static func key(
        _ names: String,
        _ id: String,
        _ secret: String,
        _ token: String?
    ) throws(RegistryError) -> AWSFinding {
        guard let credentials = AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token) else {
            throw .aws(attempt: attempt, reason: "\(names) hold blanks or are empty; correct them")
        }
        return .credentials(credentials)
    }
}
