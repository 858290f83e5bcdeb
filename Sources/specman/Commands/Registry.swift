import ArgumentParser
import Daemon

struct RegistryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "What the registry's side has to be set up with.",
        discussion: """
            Example:
              specman registry policy --config /etc/specman/specman.yaml
            """,
        subcommands: [Policy.self]
    )

    struct Policy: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "policy",
            abstract: "Prints the least IAM policy that pulling from Amazon ECR needs.",
            discussion: """
                For the repository of source.repository, and the one in source.aws.defaultRegion where there is one. \
                Attach it to the user, or to the role of source.aws.roleARN, of the service account or of the instance. \
                Nothing is asked: neither AWS nor the registry.

                Example:
                  specman registry policy --config /etc/specman/specman.yaml > policy.json
                  specman registry policy 123456789012.dkr.ecr.eu-central-1.amazonaws.com/spectro-manifests/manifest
                  aws iam create-policy --policy-name specman --policy-document file://policy.json
                """
        )

        @Argument(help: "HOST/NAME. Default: source.repository.")
        var repository: String?

        @OptionGroup var options: ConfigurationOptions

        func run() throws {
            Console.print(try PolicyCommand.run(repository, configuration: try options.configuration()) + "\n")
        }
    }
}
