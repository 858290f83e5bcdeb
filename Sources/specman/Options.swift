import ArgumentParser
import Daemon

/// What every command takes.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The configuration file. Default: $SPECMAN_CONFIG, else \(Settings.standardFile) where it exists.",
            valueName: "file"
        )
    )
    var config: String?

    /// The merged settings, with `flags` on top.
    func settings(_ flags: [Settings.Flag] = []) throws -> Settings {
        try Settings(flags: flags, file: config)
    }

    /// The checked configuration, with `flags` on top.
    ///
    /// - Parameter reading: whose files have to be there: those that the command will use.
    func configuration(
        _ flags: [Settings.Flag] = [],
        reading files: Settings.NamedFiles = .none
    ) throws -> Configuration {
        let settings = try settings(flags)
        var configuration = try Configuration(settings)
        if files != .none { try configuration.source.readFiles(settings) }
        try settings.check(files)
        return configuration
    }
}

/// How a registry is reached; each wins over the configuration.
struct ConnectionOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Who signed the registry's certificate (PEM).", valueName: "file"))
    var caFile: String?

    @Flag(name: .long, help: "Speak HTTP to the registry, not HTTPS.")
    var plainHttp = false

    @Flag(name: .long, help: "Accept any certificate of the registry's.")
    var insecure = false

    /// As the configuration's flags.
    var flags: [Settings.Flag] {
        var flags: [Settings.Flag] = []
        if let caFile { flags.append(Settings.Flag("--ca-file", "source.tls.caFile", caFile)) }
        if plainHttp { flags.append(Settings.Flag("--plain-http", "source.plainHTTP", "true")) }
        if insecure { flags.append(Settings.Flag("--insecure", "source.tls.insecureSkipVerify", "true")) }
        return flags
    }
}

/// What the commands that talk to a registry take; each wins over the configuration.
struct RegistryOptions: ParsableArguments {
    @OptionGroup var connection: ConnectionOptions

    @Option(name: .long, help: ArgumentHelp("The user name for the registry.", valueName: "name"))
    var username: String?

    @Flag(name: .long, help: "Read the password from standard input, without a line break at its end.")
    var passwordStdin = false

    func validate() throws {
        if username != nil, !passwordStdin {
            throw ValidationError("--username needs --password-stdin: a password on the command line is seen by all")
        }
        if passwordStdin, username == nil { throw ValidationError("--password-stdin needs --username") }
    }

    /// As the configuration's flags.
    func flags() throws -> [Settings.Flag] {
        var flags = connection.flags
        if let username {
            flags.append(Settings.Flag("--username", "source.username", username))
            flags.append(Settings.Flag("--password-stdin", "source.password", try Console.readPassword()))
            // Who names a user wants it used, whatever kind of credentials the file has.
            flags.append(Settings.Flag("--username", "source.credentialType", "basic"))
        }
        return flags
    }
}

/// How a table is printed.
struct OutputOptions: ParsableArguments {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table
        case json
    }

    @Option(name: [.short, .long], help: "table or json.")
    var output = Format.table
}
