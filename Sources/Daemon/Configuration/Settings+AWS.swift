internal import Content
internal import Platform
internal import Registry

/// What `source.aws` and AWS's own variables say.
extension Settings {
    /// What Palette writes in the place of the region in a repository's host name.
    private static let regionTemplate = "{{.spectro.system.aws.region}}"

    private static let awsKeys = [
        "source.aws.accessKeyID", "source.aws.secretAccessKey", "source.aws.roleARN", "source.aws.externalID",
    ]

    /// Where specman is deployed: `source.aws.region`, AWS's own variables, else the default region; `nil` where nothing
    /// says so.
    func region() throws(ConfigurationError) -> AWSRegion? {
        if let region = try region("source.aws.region") { return region }
        if let name = AWSEnvironment(environment).region {
            guard let region = AWSRegion(name) else {
                throw .badValue(
                    origin: .environment(environment["AWS_REGION"] == nil ? "AWS_DEFAULT_REGION" : "AWS_REGION"),
                    key: "the region",
                    value: name,
                    expected: Self.regionForm
                )
            }
            return region
        }
        return try region("source.aws.defaultRegion")
    }

    private static let regionForm = "the name of a region, such as eu-central-1"

    private func region(_ name: String) throws(ConfigurationError) -> AWSRegion? {
        guard let text = text(name) else { return nil }
        guard let region = AWSRegion(text) else { throw fault(name, expected: Self.regionForm) }
        return region
    }

    /// The text of a repository, with `region` in the place of the template.
    func text(_ name: String, in region: AWSRegion?) throws(ConfigurationError) -> String? {
        guard let text = text(name), text.contains(Self.regionTemplate) else { return text(name) }
        guard let region else {
            throw .missing(
                key: "source.aws.region",
                remedy: "\(name) has \(Self.regionTemplate) in it; set it, source.aws.defaultRegion or AWS_REGION"
            )
        }
        return text.replacing(Self.regionTemplate, with: region.name)
    }

    /// Where what the deployment's region lacks is had; `nil` where no other region is named.
    func fallback(
        from location: Reference.Location?,
        policy: TagPolicy
    ) throws(ConfigurationError) -> RegionalFallback? {
        guard let standard = try region("source.aws.defaultRegion"), case .registry(let repository)? = location else {
            return nil
        }
        guard text("source.repository")?.contains(Self.regionTemplate) ?? false else {
            throw fault(
                "source.aws.defaultRegion",
                expected:
                    "unset, or put \(Self.regionTemplate) into source.repository where the region stands in its host"
            )
        }
        guard let region = try region(), region != standard,
            case .registry(let other)? = try self.location("source.repository", in: standard), other != repository
        else { return nil }
        return RegionalFallback(region: region, standardRegion: standard, repository: other, policy: policy)
    }

    /// - Parameters:
    ///   - kind: as it is used, and as it is written.
    ///   - location: where the registry is, as far as that is known yet.
    func aws(
        _ kind: AWSConfiguration.Kind,
        _ name: String,
        for location: Reference.Location?
    ) throws(ConfigurationError) -> AWSConfiguration {
        var aws = AWSConfiguration(kind, environment: AWSEnvironment(environment))
        aws.region = try region()
        aws.accessKeyID = text("source.aws.accessKeyID")
        aws.secretAccessKey = text("source.aws.secretAccessKey")
        aws.roleARN = text("source.aws.roleARN")
        if aws.roleARN == nil { aws.roleARN = try roleOfEnvironment(for: aws) }
        aws.externalID = text("source.aws.externalID")
        if aws.accessKeyID != nil, aws.secretAccessKey == nil {
            throw .missing(key: "source.aws.secretAccessKey", remedy: "source.aws.accessKeyID needs it")
        }
        if aws.secretAccessKey != nil, aws.accessKeyID == nil {
            throw .missing(key: "source.aws.accessKeyID", remedy: "source.aws.secretAccessKey needs it")
        }
        if aws.externalID != nil, aws.roleARN == nil {
            throw .missing(key: "source.aws.roleARN", remedy: "source.aws.externalID is told when a role is assumed")
        }
        if let role = aws.roleARN, !Self.isRole(role) {
            throw fault("source.aws.roleARN", expected: Self.roleForm)
        }
        try check(aws, name)
        if kind != .automatic, text("source.username") != nil {
            throw fault(
                "source.username",
                expected: "unset with source.credentialType \(name), which uses AWS's passwords"
            )
        }
        guard case .registry(let repository)? = location, ECRHost(repository.host) == nil else { return aws }
        if kind == .automatic {
            try refuseAWS(besides: "auto and a host that is none of Amazon ECR's (use secret or sts)")
        } else if aws.region == nil {
            throw .missing(
                key: "source.aws.region",
                remedy: "source.credentialType \(name) needs it, as the host \(repository.host) tells none"
            )
        }
        return aws
    }

    /// The role of `AWS_ROLE_ARN`, where one is to be assumed by keys; beside a token it is that one's.
    private func roleOfEnvironment(for aws: AWSConfiguration) throws(ConfigurationError) -> String? {
        guard aws.kind == .sts, aws.environment.webIdentity == nil else { return nil }
        guard let role = aws.environment["AWS_ROLE_ARN"] else { return nil }
        guard Self.isRole(role) else {
            throw .badValue(
                origin: .environment("AWS_ROLE_ARN"),
                key: "the role",
                value: SecretText.masked(role),
                expected: Self.roleForm
            )
        }
        return role
    }

    private static let roleForm = "the ARN of a role, such as arn:aws:iam::123456789012:role/specman"

    /// What a kind needs, and what it can't do anything with.
    private func check(_ aws: AWSConfiguration, _ name: String) throws(ConfigurationError) {
        let environment = aws.environment
        switch aws.kind {
        case .automatic: break
        case .secret:
            try refuse(["source.aws.roleARN", "source.aws.externalID"], besides: "\(name) (sts assumes a role)")
            let hasFile = environment.sharedCredentialsFile.map { WholeFile.exists($0) } ?? false
            guard aws.accessKeyID != nil || environment.accessKey != nil || hasFile else {
                throw .missing(
                    key: "source.aws.accessKeyID",
                    remedy:
                        "source.credentialType \(name) needs it and source.aws.secretAccessKey, AWS_ACCESS_KEY_ID and "
                        + "AWS_SECRET_ACCESS_KEY, or a shared credentials file"
                )
            }
        case .sts:
            guard aws.roleARN != nil || environment.webIdentity != nil else {
                throw .missing(
                    key: "source.aws.roleARN",
                    remedy: "source.credentialType \(name) needs it or AWS_ROLE_ARN, beside which a service account "
                        + "has AWS_WEB_IDENTITY_TOKEN_FILE"
                )
            }
        case .podIdentity:
            try refuse(Self.awsKeys, besides: name)
            guard environment.containerCredentials != nil else {
                throw .missing(
                    key: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                    remedy:
                        "source.credentialType \(name) needs it; EKS sets it in the pods of a service account that has a "
                        + "Pod Identity association"
                )
            }
        }
    }

    /// Refuses what `source.aws` says of who asks, where somebody else asks.
    func refuseAWS(besides kind: String) throws(ConfigurationError) {
        // A user named on the command line is asked for this once; the configuration stays as it is.
        if case .flag? = setting("source.credentialType")?.origin { return }
        try refuse(Self.awsKeys, besides: kind)
    }

    private func refuse(_ keys: [String], besides kind: String) throws(ConfigurationError) {
        for key in keys where text(key) != nil {
            throw fault(key, expected: "unset with source.credentialType \(kind)")
        }
    }

    /// `arn:PARTITION:iam::ACCOUNT:role/NAME`.
    private static func isRole(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 && parts[0] == "arn" && parts[1].hasPrefix("aws") && parts[2] == "iam"
            && parts[3].isEmpty && parts[4].count == 12 && parts[4].allSatisfy(\.isNumber)
            && parts[5].hasPrefix("role/") && parts[5].count > 5 && !parts[5].contains(where: \.isWhitespace)
    }
}
