import ArgumentParser
import Daemon

struct Tags: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tags",
        abstract: "The candidates in order, which one wins and why, without downloading.",
        discussion: """
            Every tag is listed with the rule by which it was taken or not: first those that don't come into question, then \
            the candidates, the chosen one last. Where source.verify.keys is set, its signature is checked. Exit status 1 \
            where none is chosen, or the chosen one would not be served.

            Example:
              specman tags --config /etc/specman/specman.yaml
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var registry: RegistryOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let listing = try TagListing(try options.configuration(try registry.flags(), reading: .source))
        switch output.output {
        case .json: Console.print(listing.json + "\n")
        case .table:
            var table = Table(["TAG", "CREATED", "DIGEST", "CHOSEN", "REASON"])
            for row in listing.rows {
                table.add([row.tag, row.created ?? "-", row.digest ?? "-", row.chosen ? "yes" : "", row.reason])
            }
            Console.print(table.text)
            if let held = listing.held { Console.print(held + "; specman resume follows the registry again\n") }
        }
        if let failure = listing.failure { throw failure }
    }
}
