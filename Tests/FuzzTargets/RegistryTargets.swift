import Checks
import Content
import Curl

@testable import Registry

extension FuzzTarget {
    /// The JSON that registries and layouts have: manifests, indexes, tag lists, tokens, docker's configuration.
    static let manifest = FuzzTarget(name: "manifest") { bytes in
        guard let digest = Digest(bytes: [UInt8](repeating: 1, count: 32)) else { return }
        for claimed in [nil, "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"] {
            let document: ManifestDocument
            do throws(RegistryError) {
                document = try ManifestDocument(bytes, claimedType: claimed, digest: digest, name: "fuzzed")
            } catch {
                try demand(!"\(error)".utf8.contains { $0 < 0x20 || $0 == 0x7F }, "an error has control characters")
                continue
            }
            switch document {
            case .manifest(let manifest):
                try demand(manifest.layers.count <= 1024, "there are too many layers")
                try demand(manifest.layers.allSatisfy { $0.size >= 0 }, "a layer has a negative size")
                for layer in manifest.layers { _ = layer.title }
            case .index(let entry, _): try demand(entry.size >= 0, "an entry has a negative size")
            }
        }
        // What is no JSON of the kind is a refusal, not a fault.
        if let index = try? JSON.decode(LayoutIndex.self, from: bytes, name: "fuzzed") {
            let known = KnownIndex(index, sum: try Digest.sum(of: bytes), identity: nil)
            try demand(known.byTag.count <= index.manifests.count, "there are more tags than entries")
            _ = try? JSON.encode(index, attempt: "encoding it again")
        }
        if let document = try? JSON.decode(ReferrersDocument.self, from: bytes, name: "fuzzed") {
            try demand(document.referrers.count <= ReferrersDocument.most, "there are too many referrers")
        }
        _ = try? JSON.decode(SubjectDocument.self, from: bytes, name: "fuzzed").digest
        if let payload = try? JSON.decode(SignedPayload.self, from: bytes, name: "fuzzed") {
            _ = try? JSON.encode(payload, attempt: "encoding it again")
        }
        _ = try? BearerToken(answer: bytes, name: "fuzzed", asked: .now)
        _ = try? JSON.decode(DockerConfiguration.self, from: bytes, name: "fuzzed")
        _ = JSONTree(bytes)
    }

    /// `WWW-Authenticate` and `Link`, a field a line.
    static let challenge = FuzzTarget(name: "challenge") { bytes in
        let values = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        let challenges = Challenge.parse(values)
        for challenge in challenges {
            try demand(challenge.scheme == challenge.scheme.lowercased(), "a scheme has capitals")
        }
        // Each field by itself comes to the same as all of them.
        try demand(challenges == values.flatMap { Challenge.parse([$0]) }, "fields are not read one by one")
        if let origin = TransferURL("https://registry.example/")?.origin {
            for challenge in challenges {
                guard let bearer = try? BearerChallenge(challenge, from: origin) else { continue }
                try demand(bearer.realm.origin.scheme == "https", "a realm is not https")
                try demand(HostKind(bearer.realm) == .other, "a realm is this machine or its cloud")
            }
        }
        do {
            let next = try LinkField.next(values)
            try demand(next.map { !$0.contains(">") } ?? true, "a target goes on behind its end")
        } catch is LinkField.Fault {}
        for value in values {
            _ = TransferURL(value)
            _ = try? Reference(value)
            _ = Tag(value)
        }
    }

    /// YAML: an answer to everything, and the same one twice.
    static let yaml = FuzzTarget(name: "yaml") { bytes in
        let one = YAMLFile(bytes.span.bytes, collectsReferences: true)
        let other = YAMLFile(bytes.span.bytes, collectsReferences: true)
        try demand(one.fault == other.fault && one.references == other.references, "it is read in two ways")
        try demand(one.references.allSatisfy { $0.path.first == UInt8(ascii: "/") }, "a reference is not absolute")
        try demand(YAMLFile(bytes.span.bytes, collectsReferences: false).fault == one.fault, "the fault differs")
    }
}
