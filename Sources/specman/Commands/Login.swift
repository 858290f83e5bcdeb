import ArgumentParser
import Daemon

struct Login: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Keeps the password of a registry in docker's config.json.",
        discussion: """
            The registry is asked first; what it doesn't accept is not kept. The file is the one of source.dockerConfig, \
            else $DOCKER_CONFIG/config.json, else $HOME/.docker/config.json, and everything else in it stays. Where it \
            names a helper for the registry (credHelpers, credsStore), the helper keeps the password. Every command and \
            the daemon use it where source.username is not set. On a terminal, what is missing is asked for.

            Example:
              specman login registry.example.com --username robot --password-stdin < password
            """
    )

    @Argument(help: "The registry: HOST[:PORT].")
    var host: String

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var connection: ConnectionOptions

    @Option(name: .long, help: ArgumentHelp("The user name for the registry.", valueName: "name"))
    var username: String?

    @Flag(name: .long, help: "Read the password from standard input, without a line break at its end.")
    var passwordStdin = false

    func validate() throws {
        if passwordStdin, username == nil { throw ValidationError("--password-stdin needs --username") }
    }

    func run() throws {
        let configuration = try options.configuration(connection.flags)
        guard passwordStdin || Console.canAsk else {
            throw CommandFailure(
                "logging in to \(host): there is no terminal to ask for a password; use --username and --password-stdin",
                .usage
            )
        }
        let username = try username ?? Console.ask("user name")
        let password = try passwordStdin ? Console.readPassword() : Console.ask("password", isSecret: true)
        let line = try LoginCommand.login(
            host,
            username: username,
            password: password,
            configuration: configuration
        )
        Console.print(line + "\n")
    }
}

struct Logout: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Removes the password of a registry from docker's config.json.",
        discussion: """
            Example:
              specman logout registry.example.com
            """
    )

    @Argument(help: "The registry: HOST[:PORT].")
    var host: String

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        Console.print(try LoginCommand.logout(host, configuration: try options.configuration()) + "\n")
    }
}
