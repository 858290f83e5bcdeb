import ArgumentParser
import Daemon

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes a retained release to a file, for specman import or push elsewhere.",
        discussion: """
            The file is the archive that was pushed, byte for byte, where it is kept (storage.keepArchives). A release \
            of several layers, or without its archive, is packed anew from its files. Reads the volume beside a running \
            daemon, or without one.

            Example:
              specman export 4.5.13 manifests.tgz
            """
    )

    @Argument(help: ArgumentHelp("A retained release; specman releases lists them.", valueName: "tag|digest"))
    var release: String

    @Argument(help: "The file; one that is there is replaced when the release is complete.")
    var file: String

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        Console.print(try ExportCommand.run(release, to: file, try options.configuration()) + "\n")
    }
}
