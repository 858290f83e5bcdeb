import Content
import TestSupport
import Testing

@testable import Registry

/// One release, and scripted registries that have it, or something else.
struct Shelf: Sendable {
    let layer: [UInt8]
    let descriptor: Descriptor
    let manifest: [UInt8]
    let digest: Digest

    init(_ size: Int = 50_000) throws {
        layer = Fixture.bytes(size)
        descriptor = try Fixture.descriptor(layer)
        manifest = try ArtifactManifest.bytes(layers: [descriptor], created: nil)
        digest = try Digest.sum(of: manifest)
    }

    /// What a registry that has it answers; ranges included, as a real one does.
    func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Answer {
        if request.target.hasSuffix("/tags/list?n=1000") { return .http(200, text: #"{"tags":["1.0.0"]}"#) }
        if request.target.hasSuffix("/manifests/\(digest)") || request.target.hasSuffix("/manifests/1.0.0") {
            return .http(200, ["Docker-Content-Digest: \(digest)"], body: manifest)
        }
        guard request.target.hasSuffix("/blobs/\(descriptor.digest)") else { return .http(404) }
        guard let range = request["Range"], let first = Int(range.filter(\.isNumber)), range.hasSuffix("-") else {
            return .http(200, body: layer)
        }
        return .http(
            206,
            ["Content-Range: bytes \(first)-\(layer.count - 1)/\(layer.count)"],
            body: Array(layer[first...])
        )
    }

    /// A registry that has it, but for the answers that a test gives instead.
    func server(
        _ instead: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Answer? = { _ in nil }
    ) throws -> ScriptedServer {
        try ScriptedServer { request in instead(request) ?? answer(request) }
    }
}

extension ScriptedServer {
    /// The last part of each target that was asked for, with its range.
    var asked: [String] {
        requests.map { request in
            let kind = request.target.split(separator: "/").dropLast().last.map(String.init) ?? ""
            return kind + (request["Range"].map { " \($0)" } ?? "")
        }
    }
}
