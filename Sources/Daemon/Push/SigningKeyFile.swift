internal import Platform
internal import Registry

/// The private key of `specman push --sign`.
enum SigningKeyFile {
    /// The environment variable with the passphrase of an encrypted key.
    private static let variable = "SPECMAN_SIGN_PASSPHRASE"

    /// Reads the key; asks for its passphrase where it is encrypted, the environment has none, and somebody is there.
    ///
    /// - Throws: ``CommandFailure``.
    static func read(_ path: String) throws -> ArtifactSignature {
        let pem: [UInt8]
        do throws(SystemError) {
            pem = try WholeFile.read(path, limit: ArtifactSignature.longestKey)
        } catch {
            throw CommandFailure("reading the signing key \(path): \(error.reason); give the path of a PEM private key")
        }
        return try ArtifactSignature(pem: pem, name: path) {
            if let passphrase = ProcessFacts.environment[variable] { return passphrase }
            guard Console.canAsk else {
                throw CommandFailure(
                    "reading the signing key \(path): it is encrypted; set \(variable) to its passphrase"
                )
            }
            return try Console.ask("passphrase of \(path)", isSecret: true)
        }
    }
}
