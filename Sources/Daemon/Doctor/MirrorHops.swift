internal import Content
internal import Registry

/// To each mirror by itself: a sync goes past one that is away or has nothing, and takes longer.
struct MirrorHops {
    let origin: Reference.Location
    let source: Configuration.Source
    let options: RegistryOptions
    let deadline: Deadline

    /// - Parameter manifest: of the release that would be taken; `nil` where the origin didn't give it.
    func run(_ examination: inout Examination, _ manifest: Manifest?) {
        for mirror in source.mirrors {
            // One mirror's fault says nothing of the next one; without a manifest there is nothing to ask for.
            if manifest != nil { examination.beginAnew() }
            examination.hop("mirror", "\(mirror.location)", with: manifest) { manifest in
                (try look(mirror, for: manifest), ())
            }
        }
    }

    private func look(_ mirror: MirrorAddress, for manifest: Manifest) throws -> String {
        do {
            let mirror = try openMirror(mirror, of: origin, options: options, docker: source.dockerConfig)
            _ = try mirror.manifest(.digest(manifest.digest), before: deadline)
            if let layer = manifest.layers.first { try mirror.readFirstByte(of: layer, before: deadline) }
            return "has the release"
        } catch RegistryError.noSuchRepository, RegistryError.noSuchManifest, RegistryError.noSuchBlob {
            return "is there, and does not have the release, which then comes from \(origin)"
        } catch {
            let fault = DoctorFault(line: (error as? RegistryError)?.asOfMirror ?? "\(error)")
            let advice = "or take it out of source.mirrors; a sync passes it over"
            throw DoctorFault(fault.detail, fault.remedy.map { "\($0), \(advice)" } ?? "mend it, \(advice)")
        }
    }
}
