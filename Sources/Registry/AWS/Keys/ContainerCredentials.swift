internal import Curl
internal import Platform

/// Credentials of the agent that a pod or a task is given: EKS Pod Identity's, or ECS's.
///
/// Specification: AWS SDKs and Tools Reference Guide, "Container credential provider".
struct ContainerCredentials: Sendable {
    let environment: AWSEnvironment
    let options: RegistryOptions

    private static let attempt = "getting credentials from the container's agent"
    /// How long it may take; the agent asks AWS in its turn.
    private static let patience: Duration = .seconds(5)
    /// How often it is asked in all, and what is waited in between.
    private static let attempts = 3
    private static let pause: Duration = .milliseconds(200)
    /// The largest token, in bytes: a service account's has about 1 KiB.
    private static let tokenLimit = 64 << 10
    /// The agents of ECS and EKS, which are spoken to in the clear, as nothing leaves the node.
    private static let agents = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"]

    /// - Throws: `RegistryError.aws`.
    func find(before deadline: Deadline) throws(RegistryError) -> AWSFinding {
        guard let text = environment.containerCredentials else {
            return .nothing("no AWS_CONTAINER_CREDENTIALS_FULL_URI")
        }
        let url = try url(text)
        var fields: [(name: String, value: String)] = [("Accept", "application/json")]
        if let token = try token() { fields.append(("Authorization", token)) }
        let agent = LocalAgent(options, caFile: environment["AWS_CA_BUNDLE"], patience: Self.patience)
        var failures = 0
        while true {
            try deadline.check(Self.attempt)
            var reason = ""
            do {
                let (status, body) = try agent.ask(.get, url, fields: fields, before: deadline)
                if status == 200 {
                    guard let credentials = AWSCredentialsDocument.read(body) else {
                        throw failure("the answer of \(url.origin) holds no credentials")
                    }
                    return .credentials(credentials)
                }
                let detail = AWSFault(body, status: status).detail
                reason = "\(url.origin) answers \(status)\(detail)"
                guard RetryPolicy.isTransient(status) else { throw failure(reason) }
            } catch let error as RegistryError {
                throw error
            } catch {
                reason = "\(error)"
            }
            failures += 1
            guard failures < Self.attempts else { throw failure(reason, mayPass: true) }
            if deadline.cancellation.wait(Self.pause) { throw .cancelled(attempt: Self.attempt) }
        }
    }

    private func failure(_ reason: String, mayPass: Bool = false) -> RegistryError {
        .aws(
            attempt: Self.attempt,
            reason: "\(reason); check the pod's Pod Identity association and that the agent runs on its node",
            mayPass: mayPass
        )
    }

    /// The token goes along: so the URL has to be https, or of an agent on this very machine.
    private func url(_ text: String) throws(RegistryError) -> TransferURL {
        guard let url = TransferURL(text) else {
            throw failure("AWS_CONTAINER_CREDENTIALS_FULL_URI is no http or https URL (\(JSON.printable(text)))")
        }
        let isNear = HostKind(url) == .loopback || Self.agents.contains(url.hostName)
        guard url.origin.scheme == "https" || isNear else {
            throw failure(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is \(JSON.printable(text)), and by plain HTTP only loopback, "
                    + "\(Self.agents.joined(separator: ", ")) are asked"
            )
        }
        return url
    }

    /// What says who asks; the file is read each time, as Kubernetes renews it.
    private func token() throws(RegistryError) -> String? {
        guard let file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] else {
            return environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        }
        do {
            let text = String(decoding: try WholeFile.read(file, limit: Self.tokenLimit), as: UTF8.self)
            let lines = text.split(whereSeparator: \.isNewline)
            guard lines.count == 1 else {
                throw failure("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names \(file), which is not one line of text")
            }
            return String(lines[0])
        } catch let error as RegistryError {
            throw error
        } catch {
            throw failure("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names \(file): \(error)")
        }
    }
}
