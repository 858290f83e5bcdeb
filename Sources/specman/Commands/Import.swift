import ArgumentParser
import Daemon

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Takes an archive in without a registry, serves it and holds there.",
        discussion: """
            The archive passes the limits and checks that a download passes; signatures (source.verify) \
            aren't asked for: whoever imports it answers for it. What is imported is held, as by specman \
            activate, so that the next poll doesn't replace it; specman resume follows the registry again. The same \
            archive under the same name is the same release each time. With a daemon on the volume the archive is copied \
            to the volume's staging directory, and the daemon takes it from there.

            Example:
              specman import manifests.tgz --tag 4.5.15
            """
    )

    @Argument(help: "An archive (.tgz, .tar.gz, .tar) or a directory.")
    var archive: String

    @Option(name: .long, help: "The tag that the release is known by.")
    var tag: String

    @Option(name: .long, help: ArgumentHelp("Why, in one line. Default: the archive's name.", valueName: "text"))
    var reason: String?

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let configuration = try options.configuration()
        Console.print(try ImportCommand.run(archive, tag: tag, reason: reason, configuration) + "\n")
    }
}
