package import Content

/// Referrers in a layout: those under the referrers tag, and the entries of `index.json` that are about the manifest.
extension LayoutDirectory {
    package func referrers(of digest: Digest, before deadline: Deadline) throws(RegistryError) -> [Referrer] {
        let index = try index()
        var referrers: [Referrer] = []
        if let entry = Tag("sha256-\(digest.hex)").flatMap({ index.byTag[$0] }) {
            let name = "\(location):sha256-\(digest.hex)"
            let bytes = try document(try entry.descriptor(in: "\(path)/index.json"), name: name)
            referrers += try JSON.decode(ReferrersDocument.self, from: bytes, name: name).referrers
        }
        for entry in index.index.manifests where entry.artifactType == Cosign.artifactType {
            try deadline.check("reading the referrers in \(location)")
            guard referrers.count < ReferrersDocument.most else { break }
            let descriptor = try entry.descriptor(in: "\(path)/index.json")
            // One that can't be read is about nothing that we could know.
            guard let bytes = try? document(descriptor, name: "\(location)@\(descriptor.digest)"),
                let subject = try? JSON.decode(SubjectDocument.self, from: bytes, name: ""), subject.digest == digest
            else { continue }
            referrers.append(Referrer(digest: descriptor.digest, artifactType: entry.artifactType))
        }
        return referrers
    }
}
