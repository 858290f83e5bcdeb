internal import Curl

/// Credentials of the role that an EC2 instance has, by its metadata service, version 2.
///
/// Specification: Amazon EC2 User Guide, "Use the Instance Metadata Service". Version 1, which anyone who can make this
/// machine send a GET can read, is not asked.
struct InstanceMetadata: Sendable {
    let environment: AWSEnvironment
    let options: RegistryOptions

    /// For one request: outside EC2 nobody answers, and packets to a link-local address may vanish.
    private static let patience: Duration = .seconds(1)
    /// How long the session may last that the three requests are made in, in seconds.
    private static let sessionLifetime = 60
    private static let path = "/latest/meta-data/iam/security-credentials/"

    /// Nothing where this is no instance, or it has no role.
    ///
    /// - Throws: `RegistryError.aws` where there is one whose credentials can't be had.
    func find(before deadline: Deadline) throws(RegistryError) -> AWSFinding {
        if environment.flag("AWS_EC2_METADATA_DISABLED") { return .nothing("AWS_EC2_METADATA_DISABLED is set") }
        let isIPv6 = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
        let usual = isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
        let base = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? usual
        let attempt = "getting the instance's credentials from \(JSON.printable(base))"
        try deadline.check(attempt)
        guard let start = TransferURL(base), let tokenURL = start.resolving("/latest/api/token"),
            let listURL = start.resolving(Self.path)
        else { throw .aws(attempt: attempt, reason: "AWS_EC2_METADATA_SERVICE_ENDPOINT is no http or https URL") }
        let agent = LocalAgent(options, caFile: nil, patience: Self.patience)
        do {
            let lifetime = [(name: "X-aws-ec2-metadata-token-ttl-seconds", value: "\(Self.sessionLifetime)")]
            let (status, token) = try agent.ask(.put, tokenURL, fields: lifetime, before: deadline)
            guard status == 200 else { return .nothing("no instance metadata, \(start.origin) answers \(status)") }
            let fields = [(name: "X-aws-ec2-metadata-token", value: String(decoding: token, as: UTF8.self))]
            let (listStatus, list) = try agent.ask(.get, listURL, fields: fields, before: deadline)
            let role = String(decoding: list, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
            guard listStatus == 200, let role, !role.isEmpty, !role.contains("/"),
                let roleURL = listURL.resolving(FormText.encode(role))
            else { return .nothing("the instance has no role") }
            let (roleStatus, document) = try agent.ask(.get, roleURL, fields: fields, before: deadline)
            guard roleStatus == 200, let credentials = AWSCredentialsDocument.read(document) else {
                throw RegistryError.aws(
                    attempt: attempt,
                    reason: "it answers \(roleStatus) without credentials for the role \(JSON.printable(role)); "
                        + "check the instance's profile",
                    mayPass: true
                )
            }
            return .credentials(credentials)
        } catch let error as RegistryError {
            throw error
        } catch {
            // In a pod the answer may come from one hop too far.
            return .nothing("no instance metadata, \(error); in a pod, the instance's hop limit has to be 2")
        }
    }
}
