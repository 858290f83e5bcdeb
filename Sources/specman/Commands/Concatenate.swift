import ArgumentParser
import Daemon

struct Concatenate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Writes a served file to standard output.",
        discussion: """
            Reads the volume beside a running daemon, or without one.

            Example:
              specman cat /roar/nickfury/versions.yaml --release 4.5.15
            """
    )

    @Argument(help: "The file.")
    var path: String

    @Option(name: .long, help: ArgumentHelp("A retained release. Default: the active one.", valueName: "tag|digest"))
    var release: String?

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try ReleaseReader(try options.configuration()).read(path, release: release) { Console.write($0) }
    }
}
