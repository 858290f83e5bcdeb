import ArgumentParser
import Content
import Daemon

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Judges or shows the configuration.",
        discussion: """
            Order: flag, environment (SPECMAN_*, then the names of a custom pack registry, REGISTRY_*), mounted Secret \
            (source.secretDirectory), file, default.

            Example:
              specman config check --config specman.yaml
            """,
        subcommands: [Check.self, Show.self]
    )

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Says whether the daemon could start with this configuration.",
            discussion: """
                The files that it names are read, too; neither the registry nor the volume is touched. Exit status 78, \
                with file, line, key, value and remedy, where it could not.

                Example:
                  specman config check --config specman.yaml
                """
        )

        @OptionGroup var options: ConfigurationOptions

        func run() throws {
            let configuration = try options.configuration(reading: .all)
            _ = try configuration.requiredLocation
            Console.print("the configuration is fine\n")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Prints every key with its value and where it comes from; secrets are masked.",
            discussion: """
                Example:
                  specman config show --config specman.yaml
                """
        )

        @OptionGroup var options: ConfigurationOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let settings = try options.settings()
            switch output.output {
            case .json: Console.print(settings.json + "\n")
            case .table:
                var table = Table(["KEY", "VALUE", "FROM"])
                for setting in settings.all {
                    table.add([setting.key.name, (setting.shownValue ?? "-").printable, "\(setting.origin)"])
                }
                Console.print(table.text)
            }
        }
    }
}
