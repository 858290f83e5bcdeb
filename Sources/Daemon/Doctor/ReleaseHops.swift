internal import Content
internal import Registry

/// From the tags to the first byte of what would be downloaded.
struct ReleaseHops {
    let source: any ReleaseSource
    let configuration: Configuration
    let deadline: Deadline

    /// - Parameter firstByte: reads the beginning of a layer, and says whom it came from.
    /// - Returns: the manifest of the release that would be taken; `nil` where it can't be had.
    func run(_ examination: inout Examination, firstByte: (Descriptor) throws -> String) -> Manifest? {
        let location = "\(source.location)"
        let chosen = examination.hop("tags", location, with: source) { source in
            let choice = try TagCatalogue(source: source, policy: configuration.source.tags)
                .choose(active: nil, before: deadline)
            let count = choice.ranked.count
            return (
                "\(count == 1 ? "1 candidate" : "\(count) candidates"), "
                    + "\(choice.chosen.tag) would be taken: \(choice.chosen.reason)",
                choice.chosen
            )
        }
        let name = chosen.map { "\(location):\($0.tag)" } ?? location
        let manifest = examination.hop("manifest", name, with: chosen) { chosen in
            let which = chosen.digest.map { ManifestSelector.digest($0) } ?? .tag(chosen.tag)
            let manifest = try source.manifest(which, before: deadline)
            let layers = try manifest.releaseLayers(of: name)
            let size = layers.reduce(Int64(0)) { $0.addingReportingOverflow($1.size).partialValue }
            let count = layers.count == 1 ? "1 layer" : "\(layers.count) layers"
            return ("\(manifest.digest), \(count) of \(ByteCount.format(size))", manifest)
        }
        if !configuration.source.verifyKeys.isEmpty {
            examination.hop("signature", name, with: manifest) { manifest in
                let signature = try SignatureVerifier(configuration.source.verifyKeys)
                    .verify(manifest.digest, as: name, from: source, before: deadline)
                return ("signed with \(signature.key)", ())
            }
        }
        let layer = manifest?.layers.first
        examination.hop("blob", layer.map { "\($0.digest)" } ?? location, with: layer) { layer in
            ("its first byte came from \(try firstByte(layer))", ())
        }
        return manifest
    }
}

/// Ends a transfer of which no more is wanted.
private struct Enough: Error {}

extension ReleaseSource {
    /// Reads the beginning of a layer, and no more of it.
    ///
    /// - Throws: `RegistryError` where it can't be had.
    func readFirstByte(of layer: Descriptor, before deadline: Deadline) throws {
        do {
            try blob(layer, from: 0, before: deadline) { _ in throw Enough() }
        } catch is Enough {
            return
        }
    }
}
