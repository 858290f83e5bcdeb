package import Content

/// A manifest that says it is about another one.
package struct Referrer: Hashable, Sendable {
    package let digest: Digest
    /// What it says that it is; `nil` where nobody says.
    package let artifactType: String?
}

/// The answer of the referrers API, and what stands under a referrers tag.
///
/// Specification: OCI distribution-spec, "Listing Referrers".
struct ReferrersDocument: Decodable {
    /// The most referrers that are taken: a release has a handful, with bills of materials and reports.
    static let most = 4096
    /// The most pages of an answer.
    static let mostPages = 16

    private struct Entry: Decodable {
        var digest: String
        var artifactType: String?
    }

    private var manifests: [Entry]?

    /// What is there; entries with another kind of digest can't be asked for, and are left out.
    var referrers: [Referrer] {
        (manifests ?? []).prefix(Self.most).compactMap { entry in
            Digest(entry.digest).map {
                Referrer(digest: $0, artifactType: entry.artifactType.flatMap { $0.isEmpty ? nil : $0 })
            }
        }
    }
}

/// What a manifest is about.
struct SubjectDocument: Decodable {
    private struct Subject: Decodable {
        var digest: String
    }

    private var subject: Subject?

    var digest: Digest? { subject.flatMap { Digest($0.digest) } }
}
