import ArgumentParser
import Daemon

struct Activate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Serves a retained release and holds there, whatever the registry has.",
        discussion: """
            The hold survives restarts and is shown by status, releases and tags, in the log and the metrics; specman \
            resume ends it. Activating the active release holds it, too. With a daemon on the volume it has the daemon do \
            it.

            Example:
              specman activate 4.5.13 --reason "4.5.15 lacks the instance types of eu-west-1"
            """
    )

    @Argument(help: ArgumentHelp("A retained release; specman releases lists them.", valueName: "tag|digest"))
    var release: String

    @Option(name: .long, help: ArgumentHelp("Why, in one line, for those who wonder later.", valueName: "text"))
    var reason: String?

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        Console.print(try HoldCommand.activate(release, reason: reason, try options.configuration()) + "\n")
    }
}
