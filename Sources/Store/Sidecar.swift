internal import Content
internal import Foundation
internal import Platform

/// The file `releases/<id>.json`: what the index knows of a release and its directory doesn't tell.
///
/// Written and made durable before the directory gets its name, so that each directory that can be found whole has one.
struct Sidecar: Codable, Hashable {
    /// The largest sidecar read, in bytes: room for a thousand archives.
    private static let ceiling = 128 << 10

    var tag: String
    var digest: String
    /// RFC 3339, whole seconds.
    var publishedAt: String
    var archives: [String]

    init(_ release: ReleaseRow) {
        tag = "\(release.tag)"
        digest = "\(release.digest)"
        publishedAt = release.publishedAt.rfc3339
        archives = release.archives.map(\.description)
    }

    /// Reads the sidecar of the release `id`; `nil` where there is none or it makes no sense.
    static func read(of id: String, in layout: VolumeLayout) -> ReleaseRow? {
        let path = layout.path + "/releases/" + VolumeLayout.sidecar(of: id)
        // A release whose sidecar can't be read can't be rebuilt: the same as none.
        guard let bytes = try? WholeFile.readRegular(path, limit: ceiling),
            let sidecar = try? JSONDecoder().decode(Sidecar.self, from: Data(bytes)),
            let tag = Tag(sidecar.tag), let digest = Digest(sidecar.digest),
            let publishedAt = Timestamp(rfc3339: sidecar.publishedAt)
        else { return nil }
        return ReleaseRow(
            number: 0,
            id: id,
            tag: tag,
            digest: digest,
            files: 0,
            bytes: 0,
            links: 0,
            publishedAt: publishedAt,
            floor: 0,
            isActive: false,
            archives: sidecar.archives.compactMap { Digest($0) }
        )
    }

    /// Writes it durably.
    func write(of id: String, in layout: VolumeLayout) throws(StoreError) {
        let path = layout.path + "/releases/" + VolumeLayout.sidecar(of: id)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try WholeFile.write(Array(encoder.encode(self)) + [UInt8(ascii: "\n")], to: path)
        } catch let error as SystemError {
            throw StoreError(doing: "writing \(path)", error)
        } catch {
            throw .index(doing: "writing \(path)", reason: "\(error)")
        }
    }
}
