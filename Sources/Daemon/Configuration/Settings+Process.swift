internal import Platform

extension Settings {
    /// Merges the layers with this process's environment and the standard file.
    package init(flags: [Flag] = [], file: String?) throws(ConfigurationError) {
        try self.init(
            flags: flags,
            environment: ProcessFacts.environment,
            file: file,
            standardFileExists: WholeFile.exists(Self.standardFile)
        )
    }
}
