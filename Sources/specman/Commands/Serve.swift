import ArgumentParser
import Daemon

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "The daemon: polls, unpacks, serves, until SIGTERM or SIGINT.",
        discussion: """
            The log goes to standard output. A second signal ends it at once.

            Example:
              specman serve --config /etc/specman/specman.yaml
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var registry: RegistryOptions

    func run() throws {
        try Service(try options.configuration(try registry.flags(), reading: .all)).run()
    }
}
