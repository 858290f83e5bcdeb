import ArgumentParser
import Daemon

struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Files added (+), removed (-) and changed (~) between two retained releases.",
        discussion: """
            Reads the volume beside a running daemon, or without one.

            Example:
              specman diff 4.5.13 4.5.15
            """
    )

    @Argument(help: "The release before: a tag or digest.")
    var from: String

    @Argument(help: "The release after.")
    var to: String

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let difference = try ReleaseReader(try options.configuration()).difference(from: from, to: to)
        switch output.output {
        case .json: Console.print(difference.json)
        case .table:
            var table = Table(["", "PATH", "SIZE"])
            for row in difference.rows { table.add([row.sign, row.path, "\(row.size)"]) }
            Console.print(table.body)
        }
    }
}
