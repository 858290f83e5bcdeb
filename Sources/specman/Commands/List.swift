import ArgumentParser
import Daemon

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "What is served: the entries of a directory of a release.",
        discussion: """
            Reads the volume beside a running daemon, or without one. Links are shown as what they lead to.

            Example:
              specman ls /roar/nickfury --release 4.5.15
            """
    )

    @Argument(help: "The directory or file. Default: the top.")
    var path = "/"

    @Option(name: .long, help: ArgumentHelp("A retained release. Default: the active one.", valueName: "tag|digest"))
    var release: String?

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let entries = try ReleaseReader(try options.configuration()).list(path, release: release)
        switch output.output {
        case .json: Console.print(entries.json + "\n")
        case .table:
            var table = Table(["PATH", "SIZE", "MODIFIED", "DIGEST"])
            for entry in entries {
                let isDirectory = entry.kind == "directory"
                table.add([
                    entry.path + (isDirectory ? "/" : ""), isDirectory ? "" : "\(entry.size)", entry.modified,
                    entry.digest ?? "",
                ])
            }
            Console.print(table.text)
        }
    }
}
