import ArgumentParser
import Daemon

struct Healthcheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Exit status 0 when the daemon is ready: for probes and containers.",
        discussion: """
            Example:
              specman healthcheck --config /etc/specman/specman.yaml
            """
    )

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try ReadinessProbe.run(try options.configuration())
        Console.print("ready\n")
    }
}
