import Content
import Testing

@testable import Registry

/// What is taken for a manifest, and what is refused.
struct ManifestTests {
    private static let digest = "sha256:" + String(repeating: "ab", count: 32)
    private static let part = #"{"mediaType":"x/y","digest":"\#(digest)","size":5}"#

    private func read(_ text: String, type: String? = nil) throws(RegistryError) -> ManifestDocument {
        let bytes = Array(text.utf8)
        return try ManifestDocument(bytes, claimedType: type, digest: Digest.sum(of: bytes), name: "m")
    }

    private func manifest(_ text: String, type: String? = nil) throws -> Manifest {
        guard case .manifest(let manifest) = try read(text, type: type) else {
            throw RegistryError.malformed("m", reason: "an index")
        }
        return manifest
    }

    @Test func anImageManifestWithWhatNobodyKnows() throws {
        let text = """
            {"schemaVersion":2,"mediaType":"\(MediaType.imageManifest)","config":\(Self.part),"future":[1,{"a":null}],
             "layers":[{"mediaType":"\(MediaType.layer)","digest":"\(Self.digest)","size":7,"urls":["https://evil/"],
             "annotations":{"org.opencontainers.image.title":"manifests.tgz"}}],
             "annotations":{"org.opencontainers.image.created":"2024-12-06T12:43:14Z"}}
            """
        let manifest = try manifest(text, type: MediaType.imageManifest + "; charset=utf-8")
        #expect(manifest.created == Timestamp(rfc3339: "2024-12-06T12:43:14Z"))
        #expect(manifest.layers.map(\.size) == [7])
        #expect(manifest.layers.first?.title == "manifests.tgz")
        #expect(manifest.config?.size == 5)
        #expect(manifest.bytes == Array(text.utf8))
    }

    @Test func theOtherForms() throws {
        let docker = #"{"schemaVersion":2,"mediaType":"\#(MediaType.dockerManifest)","layers":[\#(Self.part)]}"#
        #expect(try manifest(docker, type: MediaType.dockerManifest).layers.count == 1)
        let artifact = #"{"mediaType":"\#(MediaType.artifactManifest)","blobs":[\#(Self.part)]}"#
        #expect(try manifest(artifact, type: MediaType.artifactManifest).layers.count == 1)
        // Without any type, what it holds says what it is.
        #expect(try manifest(#"{"schemaVersion":2,"layers":[]}"#).mediaType == MediaType.imageManifest)
        #expect(try manifest(#"{"schemaVersion":2,"layers":[]}"#, type: "application/json").layers.isEmpty)
    }

    @Test func anIndexOfOneLeadsOn() throws {
        let text = #"{"schemaVersion":2,"mediaType":"\#(MediaType.imageIndex)","manifests":[\#(Self.part)]}"#
        guard case .index(let entry, let created) = try read(text, type: MediaType.imageIndex) else {
            Issue.record("no index")
            return
        }
        #expect(entry.digest.description == Self.digest)
        #expect(created == nil)
    }

    @Test func anIndexOfManyIsRefused() {
        let text = #"{"manifests":[\#(Self.part),\#(Self.part)]}"#
        #expect(
            throws: RegistryError.unusableManifest(
                "m",
                reason: "it is an index of 2 manifests; push the release itself to this tag"
            )
        ) { try read(text) }
    }

    @Test(arguments: [
        // Both manifest and index (CVE-2021-41190), with and without a type that would settle it.
        #"{"manifests":[P],"layers":[P]}"#, #"{"manifests":[P],"config":P}"#, #"{"manifests":[P],"blobs":[]}"#,
        #"{"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[P],"layers":[P]}"#,
        #"{"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[P]}"#,
        #"{"mediaType":"application/vnd.oci.image.index.v1+json","layers":[P]}"#,
        #"{"layers":[P],"blobs":[P]}"#,
        // Neither.
        "{}", "[]", "null", "", "{", #"{"schemaVersion":2}"#, #"{"config":P}"#, "\u{FEFF}x",
        // Descriptors that are none.
        #"{"layers":[{"digest":"sha512:00","size":1}]}"#,
        #"{"layers":[{"digest":"sha256:../../etc/passwd","size":1}]}"#,
        #"{"layers":[{"digest":"D","size":-1}]}"#,
        #"{"layers":[{"digest":"D","size":9223372036854775808}]}"#,
        #"{"layers":[{"digest":"D","size":"1"}]}"#, #"{"layers":[{"digest":"D"}]}"#, #"{"layers":[{"size":1}]}"#,
        #"{"layers":{}}"#,
    ])
    func isRefused(text: String) {
        let text = text.replacing("P", with: Self.part).replacing("\"D\"", with: "\"\(Self.digest)\"")
        let error = #expect(throws: RegistryError.self) { try read(text) }
        guard case .malformed = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description.contains("\n") == false)
    }

    @Test func theRegistryAndTheDocumentMustAgree() {
        let text = #"{"mediaType":"\#(MediaType.imageManifest)","layers":[\#(Self.part)]}"#
        #expect(throws: RegistryError.self) { try read(text, type: MediaType.imageIndex) }
        #expect(throws: RegistryError.self) { try read(text, type: MediaType.dockerManifest) }
    }

    @Test func schema1SaysSo() {
        let error = #expect(throws: RegistryError.self) { try read(#"{"schemaVersion":1,"fsLayers":[]}"#) }
        guard case .unusableManifest = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func tooManyLayersAndNone() throws {
        let many = Array(repeating: Self.part, count: Manifest.mostLayers + 1).joined(separator: ",")
        #expect(throws: RegistryError.self) { try read("{\"layers\":[\(many)]}") }
        let none = try manifest(#"{"layers":[]}"#)
        let error = #expect(throws: RegistryError.self) { try none.releaseLayers(of: "host/a:1") }
        #expect(error?.description.contains("no layer") == true)
    }

    @Test func whatWePushIsTheSameEachTime() throws {
        let digest = try #require(Digest(Self.digest))
        let layer = ArtifactManifest.layer(digest: digest, size: 9, title: "a/b.tgz")
        let one = try ArtifactManifest.bytes(layers: [layer], created: Timestamp(seconds: 0))
        #expect(try one == ArtifactManifest.bytes(layers: [layer], created: Timestamp(seconds: 0)))
        let manifest = try manifest(String(decoding: one, as: UTF8.self), type: MediaType.imageManifest)
        #expect(manifest.layers == [layer])
        #expect(manifest.created == Timestamp(seconds: 0))
        #expect(manifest.config?.mediaType == "application/vnd.unknown.config.v1+json")
        #expect(
            try !String(decoding: ArtifactManifest.bytes(layers: [layer], created: nil), as: UTF8.self).contains(
                "created"
            )
        )
    }

    /// Where one reader takes the first value and another the last, a signature would be for another artifact.
    @Test(arguments: [
        #"{"layers":[PART],"layers":[]}"#, #"{"layers":[PART],"l\u0061yers":[]}"#, #"{"layers":[PART],"Layers":[]}"#,
        #"{"layers":[PART],"layer\u017f":[]}"#, #"{"layers":[],"Config":PART}"#,
        #"{"layers":[{"mediaType":"x/y","digest":"DIGEST","size":5,"size":6}]}"#,
        #"{"layers":[PART],"annotations":{"a":"b","a":"c"}}"#,
        #"{"layers":[{"mediaType":"x/y","digest":"DIGEST","size":5,"annotations":{}},{"mediaType":"x/y","digest":"DIGEST","size":1,"Size":2}]}"#,
        #"{"layers":[],"l\u0061yers\n":1,"layers\n":2}"#, #"{"layers":[],"\ud83d\ude00":1,"😀":2}"#,
        #"{"layers":[PART,{"mediaType":"x/y","digest":"DIGEST","size":5,"URLs":[]}]}"#,
        #"{"x":"\\","layers":[],"x":"\""}"#, #"{"x":{"y":[{"z":1},{"z":1,"z":2}]},"layers":[]}"#,
    ])
    func namesThatReadersDifferOn(text: String) {
        let text = text.replacing("PART", with: Self.part).replacing("DIGEST", with: Self.digest)
        let error = #expect(throws: RegistryError.self) { try read(text) }
        #expect("\(String(describing: error))".contains("readers differ in what"), "\(String(describing: error))")
    }

    @Test(arguments: [
        #"{"layers":[PART,PART],"x":{"a":1},"y":{"a":1},"z":["a","a","layers"]}"#,
        #"{"layers":[],"x":{"Size":1,"size":2,"y":[{"Layers":1}]},"annotations":{"size":"1","Size":"2"}}"#,
        #"{"layers":[],"annotations":{"a":"x","A":"y","Layers":"{\"a\":1,\"a\":2}"},"config":PART}"#,
    ])
    func namesThatOnlyLookAlike(text: String) throws {
        _ = try manifest(text.replacing("PART", with: Self.part))
    }

    @Test func anotherEncoding() {
        let bytes = Array(#"{"layers":[]}"#.utf16).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        #expect(throws: RegistryError.self) {
            try ManifestDocument([0xFF, 0xFE] + bytes, claimedType: nil, digest: Digest.sum(of: bytes), name: "m")
        }
    }
}
