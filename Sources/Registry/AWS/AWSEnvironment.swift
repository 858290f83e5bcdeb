/// The variables by which AWS's own tools are told where they are and who they are.
///
/// Specification: AWS SDKs and Tools Reference Guide, "Environment variables".
package struct AWSEnvironment: Hashable, Sendable {
    private let variables: [String: String]

    /// - Parameter environment: all variables of the process; only those that matter here are kept.
    package init(_ environment: [String: String] = [:]) {
        variables = environment.filter { ($0.key.hasPrefix("AWS_") || $0.key == "HOME") && !$0.value.isEmpty }
    }

    /// `nil` where the variable is not set, or empty.
    package subscript(name: String) -> String? { variables[name] }

    /// Whether a variable is set to `true`.
    func flag(_ name: String) -> Bool { self[name]?.lowercased() == "true" }

    package var region: String? { self["AWS_REGION"] ?? self["AWS_DEFAULT_REGION"] }

    /// The keys in the environment itself; `nil` where there are none.
    package var accessKey: (id: String, secret: String, token: String?)? {
        guard let id = self["AWS_ACCESS_KEY_ID"], let secret = self["AWS_SECRET_ACCESS_KEY"] else { return nil }
        return (id, secret, self["AWS_SESSION_TOKEN"])
    }

    /// The role and the token file that Kubernetes gives to service accounts; `nil` where it doesn't.
    package var webIdentity: (roleARN: String, tokenFile: String)? {
        guard let role = self["AWS_ROLE_ARN"], let file = self["AWS_WEB_IDENTITY_TOKEN_FILE"] else { return nil }
        return (role, file)
    }

    /// Where the agent on the node gives out credentials, as it stands there; `nil` where nothing says so.
    package var containerCredentials: String? {
        self["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"].map {
            "http://169.254.170.2" + ($0.hasPrefix("/") ? $0 : "/" + $0)
        }
            ?? self["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    }

    /// The shared credentials file: the one that is named, else the one in the usual place.
    package var sharedCredentialsFile: String? {
        self["AWS_SHARED_CREDENTIALS_FILE"] ?? self["HOME"].map { $0 + "/.aws/credentials" }
    }

    var profile: String { self["AWS_PROFILE"] ?? "default" }

    /// What is spoken to instead of the service's usual host; `nil` for that one.
    func endpoint(of service: AWSService) -> String? {
        if flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") { return nil }
        return self[service.endpointVariable] ?? self["AWS_ENDPOINT_URL"]
    }
}
