import ArgumentParser
import Daemon
import Palette

/// The exit statuses of the contract.
enum ExitStatus: Int32 {
    case failed = 1
    case usage = 64
    case configuration = 78
}

@main
struct Main {
    static func main() {
        do {
            var command = try Specman.parseAsRoot()
            try command.run()
        } catch let error as ConfigurationError {
            end(.configuration, "\(error)")
        } catch let error as CommandFailure where error.kind == .usage {
            end(.usage, "\(error)")
        } catch let error as PaletteError where error.isUsage {
            end(.usage, "\(error)")
        } catch let error where Specman.exitCode(for: error) == .failure {
            // The rooms' own errors: each description is the line.
            end(.failed, "\(error)")
        } catch {
            // Wrong usage (64), and --help and --version (0), in ArgumentParser's own words.
            Specman.exit(withError: error)
        }
    }

    private static func end(_ status: ExitStatus, _ reason: String) -> Never {
        Console.error("specman: \(reason)")
        Console.exit(status.rawValue)
    }
}

struct Specman: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "specman",
        abstract: "Takes the newest release of a file tree from an OCI registry and serves it over HTTPS.",
        discussion: """
            The daemon polls a repository for tags, downloads and unpacks the newest archive onto a volume, and serves \
            its files on port 8443. What was served stays served, whatever happens to the registry.

            Example:
              specman push /var/www/html registry.example.com/manifests:1.0.0
              specman serve --config /etc/specman/specman.yaml

            Exit status: 0 done; 1 failed, with one line on stderr; 64 wrong usage; 78 wrong configuration.
            """,
        version: version,
        subcommands: [
            Serve.self, Sync.self, Status.self, Examine.self, Push.self, Tags.self, Releases.self, Diff.self, List.self,
            Concatenate.self, Activate.self, Resume.self, Verify.self, Import.self, Export.self, Scar.self,
            Login.self, Logout.self, RegistryCommand.self, Config.self, Healthcheck.self,
        ]
    )
}
