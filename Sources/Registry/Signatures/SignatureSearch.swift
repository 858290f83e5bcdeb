internal import Content

/// Where the signatures of a manifest are: under the tag made of its digest, and among what refers to it.
struct SignatureSearch {
    let source: any ReleaseSource
    let deadline: Deadline

    /// The manifests of signatures, the tag's first, and why those that can't be read can't be.
    ///
    /// - Throws: ``RegistryError`` where it can't be told now whether there are any.
    func manifests(of digest: Digest) throws(RegistryError) -> (manifests: [Manifest], reasons: [String]) {
        var manifests: [Manifest] = []
        var reasons: [String] = []
        if let tag = Cosign.tag(of: digest), let manifest = try read(.tag(tag), &reasons) { manifests.append(manifest) }
        let referrers = try source.referrers(of: digest, before: deadline)
        let signatures = referrers.filter { $0.artifactType == nil || $0.artifactType == Cosign.artifactType }
        for referrer in signatures.prefix(SignatureVerifier.mostManifests)
        where !manifests.contains(where: { $0.digest == referrer.digest }) {
            if let manifest = try read(.digest(referrer.digest), &reasons), isOne(manifest, referrer) {
                manifests.append(manifest)
            }
        }
        if manifests.isEmpty, referrers.contains(where: { $0.artifactType?.hasPrefix(Cosign.bundleType) ?? false }) {
            reasons.append(
                "it is a sigstore bundle, which is not read here; sign with cosign sign --new-bundle-format=false"
            )
        }
        return (manifests, reasons)
    }

    /// Whether a referrer that doesn't say what it is holds signatures.
    private func isOne(_ manifest: Manifest, _ referrer: Referrer) -> Bool {
        referrer.artifactType != nil || manifest.layers.contains { $0.mediaType == Cosign.payloadType }
    }

    private func read(
        _ which: ManifestSelector,
        _ reasons: inout [String]
    ) throws(RegistryError) -> Manifest? {
        do throws(RegistryError) {
            return try source.manifest(which, before: deadline)
        } catch {
            switch error {
            case .noSuchTag, .noSuchRepository: return nil
            case .malformed, .unusableManifest, .tooLarge, .digestMismatch, .sizeMismatch, .noSuchManifest:
                reasons.append("\(error)")
                return nil
            default: throw error
            }
        }
    }
}
