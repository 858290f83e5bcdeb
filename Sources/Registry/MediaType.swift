/// The media types of manifests and of what is pushed here.
package enum MediaType {
    package static let imageManifest = "application/vnd.oci.image.manifest.v1+json"
    package static let imageIndex = "application/vnd.oci.image.index.v1+json"
    /// Of ORAS 0.13 to 1.0 with `--artifact-type`, and of an image-spec that was never released.
    package static let artifactManifest = "application/vnd.oci.artifact.manifest.v1+json"
    package static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    package static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
    /// What ORAS 1.0 names the config `{}` of a plain file.
    package static let unknownConfig = "application/vnd.unknown.config.v1+json"
    /// What ORAS 1.0 names any plain file, gzip or not.
    package static let layer = "application/vnd.oci.image.layer.v1.tar"

    static let manifests = [imageManifest, artifactManifest, dockerManifest]
    static let indexes = [imageIndex, dockerList]

    /// What is asked for, manifests before indexes.
    static let accept = (manifests + indexes).joined(separator: ", ")

    /// Type and subtype in lower case, without parameters (RFC 9110 section 8.3.1).
    static func essence(_ value: String) -> String {
        let type = value.prefix(while: { $0 != ";" })
        return String(type.filter { $0 != " " && $0 != "\t" }).lowercased()
    }
}
