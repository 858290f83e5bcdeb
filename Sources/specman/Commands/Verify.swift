import ArgumentParser
import Daemon

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Re-hashes the volume against the index; --repair mends it.",
        discussion: """
            A damaged or missing file is restored from the kept archive, then from the registry; a damaged archive from \
            the registry. Without --repair it only reads, beside a running daemon or without one; with --repair it has \
            a running daemon do it, with the daemon's own configuration. The daemon does the same by itself every \
            storage.verifyInterval. Exit status 1 where something is damaged still.

            Example:
              specman verify --repair
            """
    )

    @Flag(name: .long, help: "Restore what is damaged.")
    var repair = false

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var registry: RegistryOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let result = try VerifyCommand(try options.configuration(try registry.flags()), repair: repair)
        switch output.output {
        case .json: Console.print(result.json)
        case .table:
            var table = Table(["PATH", "TAG", "WHAT IS WRONG", "STATE"])
            for row in result.rows { table.add([row.path, row.tag, row.reason, row.state]) }
            if !result.rows.isEmpty { Console.print(table.text) }
            Console.print(result.summary + "\n")
        }
        try result.requireSound()
    }
}
