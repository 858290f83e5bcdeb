internal import Content
internal import Registry

/// `specman registry policy`: what pulling from Amazon ECR has to be allowed.
package enum PolicyCommand {
    /// - Parameter text: a repository instead of the configuration's; `nil` for that one.
    /// - Returns: an IAM policy (JSON).
    /// - Throws: ``ConfigurationError`` or ``CommandFailure``.
    package static func run(_ text: String?, configuration: Configuration) throws -> String {
        var repositories: [Repository] = []
        let location: Reference.Location
        if let text {
            guard let reference = try? Reference(text) else {  // The one remedy covers each cause.
                throw CommandFailure("writing the policy for \(text): no repository; write HOST/NAME", .usage)
            }
            location = reference.location
        } else {
            location = try configuration.requiredLocation
            if let fallback = configuration.source.fallback { repositories.append(fallback.repository) }
        }
        guard case .registry(let repository) = location else {
            throw CommandFailure("writing the policy for \(location): it is a directory, which needs none")
        }
        repositories.insert(repository, at: 0)
        do {
            return try PullPolicy.document(for: repositories)
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}
