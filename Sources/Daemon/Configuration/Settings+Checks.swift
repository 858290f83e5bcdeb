internal import Checks
internal import Content

extension Settings {
    /// `source.checks`.
    func checkPolicy() throws(ConfigurationError) -> CheckPolicy {
        let name = "source.checks.requiredPaths"
        var paths: [ReleasePath] = []
        for text in list(name) ?? [] {
            // Requests have a slash at the beginning, archives have none: both are meant.
            guard let path = ReleasePath(text.drop { $0 == "/" }), !path.isRoot else {
                throw fault(name, expected: "paths within the release, such as roar/nickfury/versions.yaml")
            }
            paths.append(path)
        }
        return CheckPolicy(
            requiredPaths: paths,
            yaml: try choice("source.checks.yaml"),
            references: try choice("source.checks.references")
        )
    }
}
