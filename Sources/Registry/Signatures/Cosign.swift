internal import Content

/// The names of cosign's format.
///
/// Specification: cosign, "Cosign Signature Specifications".
enum Cosign {
    /// The media type of a payload that is signed.
    static let payloadType = "application/vnd.dev.cosign.simplesigning.v1+json"
    /// The annotation of a layer that holds the payload's signature, in base64.
    static let signature = "dev.cosignproject.cosign/signature"
    /// What a payload says that it is.
    static let claim = "cosign container image signature"
    /// What a manifest of signatures is called that is found by the referrers API.
    static let artifactType = "application/vnd.dev.cosign.artifact.sig.v1+json"
    /// What newer releases of cosign write where they aren't told otherwise; not read here.
    static let bundleType = "application/vnd.dev.sigstore.bundle"
    /// The media type of the config of a manifest of signatures.
    static let configType = "application/vnd.oci.image.config.v1+json"

    /// The tag of the signatures of the manifest with `digest`.
    static func tag(of digest: Digest) -> Tag? { Tag("sha256-\(digest.hex).sig") }
}

/// What is signed: that the signer vouches for the manifest with this digest.
///
/// The reference that the payload names isn't looked at, as in cosign: a release that was copied to another registry
/// keeps its digest, and so its signature.
/// Specification: containers-signature(5), "JSON data format".
struct SignedPayload: Codable {
    struct Critical: Codable {
        var identity: Identity?
        var image: Image
        var type: String
    }

    struct Identity: Codable {
        var reference: String?

        enum CodingKeys: String, CodingKey {
            case reference = "docker-reference"
        }
    }

    struct Image: Codable {
        var digest: String

        enum CodingKeys: String, CodingKey {
            case digest = "docker-manifest-digest"
        }
    }

    var critical: Critical
    var optional: JSONValue?

    /// The longest payload, in bytes: one has some 250, and what signers add to it are a few short claims.
    static let limit = 64 << 10

    init(digest: Digest, reference: String) {
        critical = Critical(
            identity: Identity(reference: reference),
            image: Image(digest: digest.description),
            type: Cosign.claim
        )
        optional = .null
    }
}
