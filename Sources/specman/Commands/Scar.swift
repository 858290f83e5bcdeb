import ArgumentParser
import Daemon
import Palette

struct Scar: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scar",
        abstract: "The Palette side of the migration: where Palette reads its manifests from.",
        discussion: """
            Palette calls the server that its manifests come from SCAR. Once specman serves them, Palette is told so by \
            specman scar set. It takes Palette 4.5.15 or later and a system administrator.

            Example:
              specman scar get palette.example.com
              specman scar set palette.example.com --password-stdin < password
            """,
        subcommands: [Show.self, Change.self]
    )

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get",
            abstract: "Prints the SCAR endpoint that Palette has.",
            discussion: """
                --output json gives an object of endpoint and username, each null where Palette has none. Without it, \
                exit status 1 where there is no endpoint. On a terminal the password is asked for.

                Example:
                  specman scar get palette.example.com --ca-file palette.crt
                """
        )

        @OptionGroup var palette: PaletteArguments
        @OptionGroup var output: OutputOptions

        func run() throws {
            let session = try palette.logIn()
            let settings = try session.settings()
            switch output.output {
            case .json: Console.print(settings.json + "\n")
            case .table:
                guard let endpoint = settings.shownEndpoint else {
                    throw CommandFailure(
                        "reading Palette's SCAR endpoint: \(session.host) has none; set it with specman scar set"
                    )
                }
                Console.print(endpoint + "\n")
            }
        }
    }

    struct Change: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Has Palette read its manifests from specman, or from any other endpoint.",
            discussion: """
                Sets the endpoint, and takes user and password of the one before away, as specman serves without: with \
                listener.htpasswdFile or listener.clientCAFile it would refuse Palette. Looks whether Palette has it; \
                waits until all of Palette knows; then starts the jobs that read the instance and storage types of the \
                clouds anew, which takes Palette about five minutes. Doing it again does no harm. Exit status 1 where \
                anything of it failed, and the line on stderr says what is done nevertheless. On a terminal the password \
                is asked for.

                Example:
                  specman scar set palette.example.com --password-stdin < password
                  specman scar set palette.example.com --endpoint https://specman.lan:8443
                """
        )

        @OptionGroup var palette: PaletteArguments

        @Option(name: .long, help: ArgumentHelp("Where Palette is to read from.", valueName: "url"))
        var endpoint = ScarEndpoint.standard.description

        @Option(
            name: .long,
            help: ArgumentHelp(
                "How long the change is given to spread before the jobs are started, at most 1h.",
                valueName: "duration"
            )
        )
        var wait = WaitingTime(ScarMigration.standardSpread)

        func run() throws {
            let endpoint = try ScarEndpoint(endpoint)
            let session = try palette.logIn()
            let migration = ScarMigration(session, to: endpoint, spread: wait.duration)
            try migration.run(
                wait: { duration, what in Console.wait(duration, for: what.description) },
                tell: { step in Console.print(step.line(endpoint, on: session.host) + "\n") }
            )
            Console.print("Palette reads its data anew, which takes about five minutes\n")
        }
    }
}
