internal import Content
internal import Curl
internal import OpenSSL
internal import Platform
package import Registry

/// From what the configuration says of the source to the source itself.
extension Configuration.Source {
    /// The registry itself, without its mirrors. Makes no connection yet.
    ///
    /// - Parameter report: told in one line what an operator wants to know although nothing has failed.
    /// - Throws: ``ConfigurationError`` where there is no repository, `RegistryError`.
    package func open(
        report: @escaping @Sendable (String) -> Void
    ) throws -> any ReleaseSource {
        guard let location else { throw ConfigurationError.noRepository }
        var options = RegistryOptions(self)
        options.report = report
        return try openSource(location, options: options)
    }

    /// For what is pushed to `location`: who asks in the configured registry asks nothing in another one, which the
    /// password and the client certificate aren't for. What was said on the command line is meant for it; docker's
    /// configuration knows itself which registry each entry is for.
    func options(pushingTo location: Reference.Location, _ settings: Settings) -> RegistryOptions {
        var options = RegistryOptions(self)
        guard let own = self.location?.host, own != location.host else { return options }
        options.certificateFile = nil
        options.keyFile = nil
        options.material.certificate = nil
        options.material.key = nil
        if case .flag? = settings.setting("source.username")?.origin { return options }
        // These know which registry they are for.
        switch options.credentials {
        case .docker, .automatic: return options
        case .anonymous, .basic, .aws: break
        }
        options.credentials = dockerConfig.map(Credentials.docker) ?? .anonymous
        return options
    }

    /// The largest PEM file read, in bytes: far beyond a bundle of every public authority.
    private static let limit = 16 << 20

    /// Reads and checks the files that are used towards the registry: a fault is told of with its key, before anything is
    /// begun and not by the first transfer, and what was good stays in use when a file is replaced by something bad.
    package mutating func readFiles(_ settings: Settings) throws(ConfigurationError) {
        if material.authorities == nil, let caFile {
            let bytes = try settings.read("source.tls.caFile", caFile, limit: Self.limit)
            try settings.checking("source.tls.caFile", "the CA's certificate") { () throws(CertificateError) in
                try PEMCheck.authorities(bytes, name: caFile)
            }
            material.authorities = bytes
        }
        if let certificateFile {
            let keyFile = keyFile ?? certificateFile
            let certificate = try settings.read("source.tls.certificateFile", certificateFile, limit: Self.limit)
            let key = try settings.read("source.tls.keyFile", keyFile, limit: Self.limit)
            try settings.checking("source.tls.certificateFile", "a certificate with its key") {
                () throws(CertificateError) in
                try PEMCheck.pair(certificate, name: certificateFile, key: key, name: keyFile)
            }
            material.certificate = certificate
            material.key = key
        }
        do throws(RegistryError) {
            switch credentials {
            case .docker(let file): credentials = .docker(try file.loaded())
            case .automatic(let file?, let aws): credentials = .automatic(docker: try file.loaded(), aws: aws)
            case .automatic(nil, _), .anonymous, .basic, .aws: break
            }
        } catch {
            throw settings.fault("source.dockerConfig", expected: "docker's configuration (\(error))")
        }
    }
}

extension Reference.Location {
    /// The registry's host; `nil` for a directory.
    fileprivate var host: String? {
        guard case .registry(let repository) = self else { return nil }
        return repository.host.lowercased()
    }
}

extension Settings {
    /// Every file whose change changes the source, whether it is there or not.
    var sourceFiles: [String] {
        let named = ["source.passwordFile", "source.tls.caFile", "source.tls.certificateFile", "source.tls.keyFile"]
        return SecretDirectory.files(in: text("source.secretDirectory") ?? "") + named.compactMap(text)
            + [dockerConfig?.path].compactMap(\.self)
    }

    fileprivate func read(_ name: String, _ file: String, limit: Int) throws(ConfigurationError) -> [UInt8] {
        do throws(SystemError) {
            return try WholeFile.read(file, limit: limit)
        } catch {
            throw fault(name, expected: "a readable file (\(error.reason))")
        }
    }

    fileprivate func checking(
        _ name: String,
        _ expected: String,
        _ body: () throws(CertificateError) -> Void
    ) throws(ConfigurationError) {
        do throws(CertificateError) {
            try body()
        } catch {
            throw fault(name, expected: "\(expected) (\(error))")
        }
    }
}
