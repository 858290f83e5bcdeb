import ArgumentParser
import Daemon

struct Sync: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "One poll and, where there is something new, one download; then ends.",
        discussion: """
            With a daemon on the volume it has the daemon do it, with the daemon's own configuration.

            Example:
              specman sync --config /etc/specman/specman.yaml
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var registry: RegistryOptions

    func run() throws {
        Console.print(try SyncCommand.run(try options.configuration(try registry.flags(), reading: .source)) + "\n")
    }
}
