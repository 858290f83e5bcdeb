package import Content

/// The least that an IAM user or role has to be allowed, so that specman can pull from repositories of ECR.
///
/// Source: Amazon ECR User Guide, "Using Amazon ECR with the AWS CLI" and the service's authorization reference. The
/// calls behind the registry's own API: a manifest is `BatchGetImage`, a blob `GetDownloadUrlForLayer`, a tag list
/// `ListImages`.
package enum PullPolicy {
    private struct Document: Encodable {
        let version = "2012-10-17"
        let statements: [Statement]

        private enum CodingKeys: String, CodingKey {
            case version = "Version"
            case statements = "Statement"
        }
    }

    private struct Statement: Encodable {
        let id: String
        let effect = "Allow"
        let actions: [String]
        let resources: [String]

        private enum CodingKeys: String, CodingKey {
            case id = "Sid"
            case effect = "Effect"
            case actions = "Action"
            case resources = "Resource"
        }
    }

    /// Of the repositories that the configuration names: the one, and the default region's where there is one.
    ///
    /// - Throws: `RegistryError.aws` where one of them is none of ECR's.
    package static func document(for repositories: [Repository]) throws(RegistryError) -> String {
        var resources: [String] = []
        var isPublic = false
        for repository in repositories {
            guard let host = ECRHost(repository.host) else {
                throw .aws(
                    attempt: "writing the policy for \(repository)",
                    reason:
                        "\(repository.host) is no registry of Amazon ECR's (ACCOUNT.dkr.ecr.REGION.amazonaws.com or "
                        + "public.ecr.aws); check source.repository"
                )
            }
            switch host.kind {
            case .publicGallery: isPublic = true
            case .account(let account):
                resources.append(
                    "arn:\(host.region.partition):ecr:\(host.region):\(account):repository/\(repository.name)"
                )
            }
        }
        var statements: [Statement] = []
        if isPublic {
            // Everyone may read there; this is for those who don't want to be counted as everyone.
            let actions = ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"]
            statements.append(Statement(id: "PublicPassword", actions: actions, resources: ["*"]))
        }
        if !resources.isEmpty {
            // A password is for all registries: IAM knows no narrower resource for it.
            statements.append(Statement(id: "Password", actions: ["ecr:GetAuthorizationToken"], resources: ["*"]))
            let actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:ListImages"]
            statements.append(Statement(id: "Pull", actions: actions, resources: resources))
        }
        return try JSON.pretty(Document(statements: statements), attempt: "writing the policy")
    }
}
