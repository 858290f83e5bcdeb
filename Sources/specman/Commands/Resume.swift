import ArgumentParser
import Daemon

struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Follows the registry again, after activate or import.",
        discussion: """
            With a daemon on the volume it has the daemon do it, which polls at once.

            Example:
              specman resume
            """
    )

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        Console.print(try HoldCommand.resume(try options.configuration()) + "\n")
    }
}
