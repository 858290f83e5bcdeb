import Foundation
import TestSupport
import Testing

/// `specman tags` says for each tag by which rule it was taken or not.
struct TagReasonTests {
    /// Pushes tags, each with the second of its creation, and gives the reasons under a policy.
    private func reasons(
        _ tags: [(String, Int?)],
        _ environment: [String: String],
        status: Int32 = 0
    ) throws -> [String: String] {
        let specman = try Specman()
        let signer = try OpenSSLSigner()
        for (tag, seconds) in tags {
            let tree = try specman.tree("tree-\(tag)", ["v": tag])
            try specman.run(
                "push",
                tree,
                specman.reference(tag),
                "--sign",
                signer.privateFile,
                environment: ["SOURCE_DATE_EPOCH": "\(seconds ?? 0)"]
            )
        }
        let undated = tags.filter { $0.1 == nil }.map(\.0)
        if !undated.isEmpty { try strip(undated, in: specman.directory.appending("layout")) }
        let output = try specman.output("tags", "--output", "json", environment: environment)
        #expect(output.status == status, "\(output.err)")
        let rows = try #require(JSONSerialization.jsonObject(with: Data(output.out)) as? [[String: Any]])
        if status == 0 { #expect(rows.last?["chosen"] as? Bool == true) }
        return Dictionary(
            uniqueKeysWithValues: rows.map { ($0["tag"] as? String ?? "", $0["reason"] as? String ?? "") }
        )
    }

    /// Lets tags point at something that has no creation date.
    private func strip(_ tags: [String], in layout: String) throws {
        let index = layout + "/index.json"
        let text = try String(contentsOfFile: index, encoding: .utf8)
        var document = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        var manifests = try #require(document["manifests"] as? [[String: Any]])
        for (position, entry) in manifests.enumerated() {
            let annotations = entry["annotations"] as? [String: String]
            guard let tag = annotations?["org.opencontainers.image.ref.name"], tags.contains(tag) else { continue }
            let manifest = Array(#"{"schemaVersion":2,"layers":[],"annotations":{"tag":"\#(tag)"}}"#.utf8)
            let digest = try CosignFormat.sum(manifest)
            let path = layout + "/blobs/sha256/" + digest.dropFirst("sha256:".count)
            try Data(manifest).write(to: URL(fileURLWithPath: path))
            manifests[position]["digest"] = digest
            manifests[position]["size"] = manifest.count
        }
        document["manifests"] = manifests
        try JSONSerialization.data(withJSONObject: document).write(to: URL(fileURLWithPath: index))
    }

    @Test func byDateAndPattern() throws {
        let found = try reasons(
            [("4.5.15", 1_700_000_000), ("4.5.16", 1_600_000_000), ("4.5.17-rc", 1_800_000_000), ("latest", 1)],
            ["SPECMAN_SOURCE_TAGS_INCLUDE": "^[0-9]", "SPECMAN_SOURCE_TAGS_EXCLUDE": "-rc"]
        )
        #expect(found["4.5.15"] == "latest creation date, 2023-11-14T22:13:20Z")
        #expect(found["4.5.16"] == "older, 2020-09-13T12:26:40Z")
        #expect(found["4.5.17-rc"] == "left out by source.tags.exclude -rc")
        #expect(found["latest"] == "not in source.tags.include ^[0-9]")
        let signatures = found.filter { $0.key.hasSuffix(".sig") }
        #expect(signatures.count == 4)
        #expect(signatures.allSatisfy { $0.value.hasPrefix("no release: it belongs to another artifact") })
    }

    @Test func withoutDates() throws {
        let found = try reasons([("4.5.15", 9), ("0.0.0", nil), ("nightly", 7)], [:])
        #expect(found["0.0.0"] == "dates can't be compared, and 0.0.0 is pushed by hand; it has no creation date")
        #expect(found["4.5.15"] == "0.0.0 goes before it")
        let versions = try reasons([("4.5.15", 9), ("4.5.14", nil), ("nightly", 7)], [:])
        #expect(versions["4.5.15"] == "dates can't be compared, highest version")
        #expect(versions["4.5.14"] == "lower version; it has no creation date")
        #expect(versions["nightly"] == "no version, and versions go before it")
    }

    @Test func versionsAndPins() throws {
        let tags: [(String, Int?)] = [("4.5.1", 1), ("4.5.2", 2), ("4.5.3-rc.1", 3), ("5.0.0", 4), ("nightly", 5)]
        let found = try reasons(
            tags,
            ["SPECMAN_SOURCE_TAGS_POLICY": "semver", "SPECMAN_SOURCE_TAGS_RANGE": "~4.5"]
        )
        #expect(found["4.5.2"] == "highest version in ~4.5")
        #expect(found["4.5.1"] == "lower version")
        #expect(found["4.5.3-rc.1"]?.hasPrefix("a prerelease, and the range ~4.5 names none") == true)
        #expect(found["5.0.0"] == "not in the range ~4.5")
        #expect(found["nightly"] == "no semantic version")
        let none = try reasons(
            tags,
            ["SPECMAN_SOURCE_TAGS_POLICY": "semver", "SPECMAN_SOURCE_TAGS_RANGE": ">=9"],
            status: 1
        )
        #expect(none["5.0.0"] == "not in the range >=9")
        let pinned = try reasons(
            tags,
            ["SPECMAN_SOURCE_TAGS_POLICY": "pinned", "SPECMAN_SOURCE_TAGS_PIN": "4.5.1"]
        )
        #expect(pinned["4.5.1"] == "pinned")
        #expect(pinned["5.0.0"] == "not the pinned tag 4.5.1")
    }

    @Test func whatIsNotSigned() throws {
        let specman = try Specman()
        let (mine, other) = (try OpenSSLSigner(), try OpenSSLSigner())
        let tree = try specman.tree("tree", ["v": "1"])
        try specman.run("push", tree, specman.reference("1.0.0"), "--sign", mine.privateFile)
        func chosen(_ key: OpenSSLSigner, _ status: Int32) throws -> (reason: String, err: String) {
            let output = try specman.output("tags", environment: ["SPECMAN_SOURCE_VERIFY_KEYS": key.publicFile])
            #expect(output.status == status, "\(output.err)")
            return (String(try #require(output.text.split(separator: "\n").last)), output.err)
        }
        #expect(try chosen(mine, 0).reason.hasSuffix("; signed with \(mine.publicFile)"))
        let refused = try chosen(other, 1)
        #expect(refused.reason.hasSuffix("; not served, as no good signature was found"))
        #expect(refused.err.contains("it was made with another key"))
        withExtendedLifetime((mine, other)) {}
    }
}
