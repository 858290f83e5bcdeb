internal import Content
internal import OpenSSL
internal import Platform

/// The public keys of `source.verify.keys`: files, read again whenever a release is to be verified, or PEM texts.
package struct TrustedKeys: Sendable {
    private let sources: [String]

    /// The most keys: a team with its old and new ones has a handful, and each signature is tried with each.
    static let most = 32
    /// The longest file of keys, in bytes: all the keys that are taken fit several times.
    static let longest = 256 << 10

    /// - Parameter sources: each the path of a PEM file with one or more public keys, or such a text itself.
    package init(_ sources: [String]) {
        self.sources = sources
    }

    /// Whether signatures are wanted at all.
    package var isEmpty: Bool { sources.isEmpty }

    /// How an error names them.
    var summary: String {
        let names = sources.enumerated().map { Self.name($0.element, $0.offset) }
        return names.count == 1 ? names.joined() : "one of " + names.joined(separator: ", ")
    }

    struct Key: Sendable {
        let name: String
        let key: PublicKey
    }

    /// The keys as they are now.
    struct Loaded: Sendable {
        let keys: [Key]
        /// Changes where a key does.
        let sum: Digest
    }

    /// Whether every key can be used.
    ///
    /// - Throws: `RegistryError.signature` with `badKey`.
    package func check() throws(RegistryError) {
        _ = try load()
    }

    func load() throws(RegistryError) -> Loaded {
        var keys: [Key] = []
        var all: [UInt8] = []
        for (index, source) in sources.enumerated() {
            let name = Self.name(source, index)
            let pem: [UInt8]
            if Self.isText(source) {
                pem = Array(source.utf8)
            } else {
                do throws(SystemError) {
                    pem = try WholeFile.read(source, limit: Self.longest)
                } catch {
                    throw .signature(
                        .badKey(name, reason: "\(error.reason); check the path and that this user may read it")
                    )
                }
            }
            do throws(KeyError) {
                keys += try PublicKey.read(pem: pem).map { Key(name: name, key: $0) }
            } catch {
                throw .signature(.badKey(name, reason: "\(error)"))
            }
            guard keys.count <= Self.most else {
                throw .signature(.badKey(name, reason: "there are more than \(Self.most) keys; take old ones away"))
            }
            all += pem + [0]
        }
        return Loaded(keys: keys, sum: try Digest.sum(of: all))
    }

    private static func isText(_ source: String) -> Bool { source.contains("-----BEGIN ") }

    private static func name(_ source: String, _ index: Int) -> String {
        isText(source) ? "key \(index + 1)" : source
    }
}
