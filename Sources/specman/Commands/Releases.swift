import ArgumentParser
import Daemon

struct Releases: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "releases",
        abstract: "What is on the volume, the newest first, and which release is active.",
        discussion: """
            Reads the volume beside a running daemon, or without one.

            Example:
              specman releases --output json
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let listing = try ReleaseListing(try options.configuration())
        switch output.output {
        case .json: Console.print(listing.json)
        case .table:
            var table = Table(["TAG", "DIGEST", "FILES", "SIZE", "PUBLISHED", "ACTIVE"])
            for row in listing.rows {
                table.add([row.tag, row.digest, "\(row.files)", row.size, row.publishedAt, row.active ? "yes" : ""])
            }
            Console.print(table.text)
            if let held = listing.held { Console.print(held + "; specman resume follows the registry again\n") }
        }
    }
}
