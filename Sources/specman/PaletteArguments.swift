import ArgumentParser
import Content
import Daemon
import Palette

/// What the commands that talk to Palette take. Nothing of it is in the configuration.
struct PaletteArguments: ParsableArguments {
    @Argument(help: "Where Palette is: HOST[:PORT], or the URL of its console.")
    var palette: String

    @Option(name: .long, help: ArgumentHelp("A system administrator of Palette's.", valueName: "name"))
    var username = "admin"

    @Flag(name: .long, help: "Read the password from standard input, without a line break at its end.")
    var passwordStdin = false

    @Option(
        name: .long,
        help: ArgumentHelp("Read the password from this file, without a line break at its end.", valueName: "file")
    )
    var passwordFile: String?

    @Option(name: .long, help: ArgumentHelp("Who signed Palette's certificate (PEM).", valueName: "file"))
    var caFile: String?

    @Flag(name: .long, help: "Accept any certificate of Palette's.")
    var insecure = false

    @OptionGroup var options: ConfigurationOptions

    func validate() throws {
        if passwordStdin, passwordFile != nil {
            throw ValidationError("--password-stdin and --password-file are two passwords; use one of them")
        }
    }

    /// Asks for what is missing where there is a terminal, and logs in.
    func logIn() throws -> PaletteSession {
        // Every command takes one; a wrong one that is named is told of, although nothing here needs it.
        if options.config != nil { _ = try options.configuration() }
        let address = try PaletteAddress(palette)
        var connection = PaletteOptions()
        connection.authorities = try caFile.map { try InputFile.authorities($0) }
        connection.insecure = insecure
        connection.userAgent = "specman/\(version)"
        let client = PaletteClient(address, options: connection)
        return try client.logIn(username: username, password: try password(for: address))
    }

    private func password(for address: PaletteAddress) throws -> String {
        if let passwordFile { return try InputFile.password(passwordFile) }
        if passwordStdin { return try Console.readPassword() }
        guard Console.canAsk else {
            throw CommandFailure(
                "logging in to \(address.host): there is no terminal to ask for a password; use --password-stdin or "
                    + "--password-file",
                .usage
            )
        }
        return try Console.ask("password of \(username)", isSecret: true)
    }
}

/// A duration on the command line.
struct WaitingTime: ExpressibleByArgument {
    /// The longest one, beyond which Palette would have forgotten who asks.
    private static let longest: Duration = .seconds(3600)

    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument), duration <= Self.longest else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { DurationText.format(duration) }
}
