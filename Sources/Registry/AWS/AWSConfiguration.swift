/// How AWS is asked for a registry's password, and as whom.
package struct AWSConfiguration: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Whatever is found first, as AWS's own tools look for it.
        case automatic
        /// An access key: the configuration's, the environment's or the shared credentials file's.
        case secret
        /// A role: that of `roleARN`, assumed with what is found first, or that of a service account's token.
        case sts
        /// What the agent on the node gives out.
        case podIdentity
    }

    package var kind: Kind
    /// Where the registry is, as far as its host name doesn't say so.
    package var region: AWSRegion?
    package var accessKeyID: String?
    package var secretAccessKey: String?
    package var roleARN: String?
    /// What the owner of the role wants to be told.
    package var externalID: String?
    package var environment: AWSEnvironment

    package init(_ kind: Kind, environment: AWSEnvironment) {
        self.kind = kind
        self.environment = environment
    }

    /// The same elsewhere.
    func inRegion(_ region: AWSRegion) -> AWSConfiguration {
        var configuration = self
        configuration.region = region
        return configuration
    }
}
