import Content
import Testing

@Suite struct ReferenceTests {
    @Test(arguments: [
        "registry.example/spectro-packs/spectro-manifests/manifest",
        "https://registry.example/spectro-packs/spectro-manifests/manifest",
        "HTTPS://registry.example/v2/spectro-packs/spectro-manifests/manifest/",
        "oci://registry.example/spectro-packs/spectro-manifests/manifest/v2",
        "  registry.example/spectro-packs/spectro-manifests/manifest\n",
    ])
    func spellingsOfOneRepository(_ text: String) throws {
        let reference = try Reference(text)
        let repository = try #require(
            Repository(host: "registry.example", name: "spectro-packs/spectro-manifests/manifest")
        )
        #expect(reference.location == .registry(repository))
        #expect(reference.tag == nil)
    }

    @Test func tagAndDigest() throws {
        let hex = String(repeating: "ab", count: 32)
        let reference = try Reference("[::1]:5000/a/b:1.0@sha256:\(hex)")
        #expect(reference.location.description == "[::1]:5000/a/b")
        #expect(reference.tag?.description == "1.0")
        #expect(reference.digest?.hex == hex)
    }

    @Test func portIsNoTag() throws {
        #expect(try Reference("host:5000/a").tag == nil)
        #expect(throws: Reference.Fault.noRepository) { try Reference("host:5000") }
    }

    @Test func layout() throws {
        #expect(try Reference("oci-layout:/srv/a:1.0").tag?.description == "1.0")
        #expect(try Reference("oci-layout:../a").location == .layout(directory: "../a"))
        #expect(throws: Reference.Fault.noRepository) { try Reference("oci-layout:") }
    }

    @Test(arguments: [
        ("", Reference.Fault.empty), ("host", .noRepository), ("host/", .noRepository), ("host/Upper", .badHostOrName),
        ("host/a..b", .badHostOrName), ("host/a/../b", .badHostOrName), ("host/a___b", .badHostOrName),
        ("ho st/a", .badHostOrName), ("-host/a", .badHostOrName), ("host:0/a", .badHostOrName),
        ("host:65536/a", .badHostOrName), ("host/a:-tag", .badTag), ("host/a@sha256:00", .badDigest),
        ("host\r\nX: y/a", .badHostOrName), ("user@host/a", .badDigest),
    ])
    func refused(_ text: String, _ fault: Reference.Fault) {
        #expect(throws: fault) { try Reference(text) }
    }

    @Test(arguments: ["a", "a.b", "a__b", "a---b", "a/b_c/d1"])
    func names(_ name: String) {
        #expect(Repository(host: "h", name: name) != nil)
    }

    @Test func aNameHasAnEnd() {
        #expect(Repository(host: "h", name: String(repeating: "a/", count: 127) + "a") != nil)
        #expect(Repository(host: "h", name: String(repeating: "a/", count: 127) + "aa") == nil)
    }

    @Test func tags() {
        #expect(Tag("0.0.0") != nil)
        #expect(Tag("_x-Y.1") != nil)
        for bad in ["", ".a", "-a", "a b", "a/b", "a:b", "ä", String(repeating: "a", count: 129), "a\n"] {
            #expect(Tag(bad) == nil, "\(bad)")
        }
        #expect(Tag("sha256-" + String(repeating: "0", count: 64))?.isReferrer == true)
        #expect(Tag("sha1-x")?.isReferrer == false)
    }
}
