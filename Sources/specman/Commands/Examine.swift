import ArgumentParser
import Daemon

struct Examine: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks each hop to the registry and names the one that fails.",
        discussion: """
            With the daemon's configuration and credentials: name, tcp, tls, challenge, token, tags, manifest, signature \
            (where source.verify.keys is set), the first byte of the blob and the host that it came from; each mirror \
            by itself; then whether the volume takes files and has room, and the listener's own certificate. One line \
            for each; what can't be tried is said to be skipped. It needs no daemon, and doesn't disturb one. Exit \
            status 1 if any failed.

            Example:
              specman doctor --config /etc/specman/specman.yaml
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var registry: RegistryOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let configuration = try options.configuration(try registry.flags())
        let isTable = output.output == .table
        let hops = try Doctor.run(configuration) { if isTable { Console.print($0.line + "\n") } }
        if !isTable { Console.print(Doctor.json(hops) + "\n") }
        if let failure = Doctor.verdict(hops) { throw failure }
    }
}
