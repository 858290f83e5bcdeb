import ArgumentParser
import Daemon

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "The daemon's state at a glance: what is served, the last sync, the next one, the last error.",
        discussion: """
            Asks the daemon on the volume.

            Example:
              specman status --output json
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let status = try StatusReader(try options.configuration())
        switch output.output {
        case .json: Console.print(status.json)
        case .table:
            var table = Table(["", ""])
            for (name, value) in status.rows { table.add([name, value]) }
            Console.print(table.body)
        }
    }
}
