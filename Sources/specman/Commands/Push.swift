import ArgumentParser
import Daemon

struct Push: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Packs a directory (or takes a .tgz) and pushes it as ORAS would.",
        discussion: """
            The same tree is packed into the same bytes wherever and whenever this runs: owners, times and the order in \
            which the file system lists names don't count. SOURCE_DATE_EPOCH, where it is set, is taken for the creation \
            date, and makes the digest the same, too.

            --sign adds a signature as cosign writes it, which source.verify.keys and cosign verify --key check with the \
            public key that belongs to it. The passphrase of an encrypted key is SPECMAN_SIGN_PASSPHRASE, else it is \
            asked for.

            Example:
              specman push /var/www/html registry.example.com/manifests:1.0.0
              specman push /var/www/html registry.example.com/manifests:1.0.0 --sign release.key
              specman push manifests.tgz oci-layout:/srv/registry:1.0.0
            """
    )

    @Argument(help: "A directory, or an archive (.tgz, .tar.gz, .tar); any other file is served under its name.")
    var path: String

    @Argument(help: "Where to: HOST[:PORT]/NAME:TAG or oci-layout:DIR:TAG.")
    var reference: String

    @Option(
        name: .long,
        help: ArgumentHelp("Sign with this private key (PEM: ECDSA P-256 or P-384, RSA, Ed25519).", valueName: "key")
    )
    var sign: String?

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var registry: RegistryOptions

    func run() throws {
        let configuration = try options.configuration(try registry.flags(), reading: .source)
        let pushed = try PushCommand.run(
            path: path,
            reference: reference,
            signingKey: sign,
            configuration: configuration
        )
        Console.print(pushed + "\n")
    }
}
