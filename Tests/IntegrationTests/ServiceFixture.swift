import Content
import Curl
import Daemon
import Foundation
import Logging
import Registry
import Synchronization
import TestSupport
import Testing

/// A daemon in this process, on loopback ports of the system's choice, that follows a directory in OCI image layout.
final class ServiceFixture {
    let directory: TemporaryDirectory
    let service: Service
    let lines = LineSink()
    private let client: TransferClient

    var layout: String { directory.appending("layout") }
    var volume: String { directory.appending("volume") }

    /// Lines of a log, and whoever waits for one.
    final class LineSink: Sendable {
        private let state = Mutex<[String]>([])

        var all: [String] { state.withLock { $0 } }

        func add(_ line: [UInt8]) {
            state.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }

        /// Waits for a line that holds `text`.
        func wait(for text: String) throws {
            let patience = ContinuousClock.now + .seconds(60)
            while !all.contains(where: { $0.contains(text) }) {
                try #require(ContinuousClock.now < patience, "no \(text) in \(all.joined())")
                Thread.sleep(forTimeInterval: 0.01)
            }
        }
    }

    /// Pushes `layers` as 1.0.0, starts the daemon, and waits until it is served.
    init(_ layers: [(title: String, bytes: [UInt8])], storage: [String] = []) throws {
        directory = try TemporaryDirectory()
        let volume = directory.appending("volume")
        let text = RunningSite.configuration(
            source: ["repository: oci-layout:\(directory.appending("layout"))", "interval: 100ms"],
            storage: ["directory: \(volume)"] + storage,
            listener: ["address: 127.0.0.1:0"]
        )
        let file = directory.appending("specman.yaml")
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        let lines = lines
        let log = Logger(label: "test") { _ in
            LogrusHandler(format: .text, level: .info, write: lines.add, now: Timestamp.current)
        }
        let configuration = try Configuration(try Settings(environment: [:], file: file, standardFileExists: false))
        try Self.push(layers, as: "1.0.0", to: directory.appending("layout"))
        service = try Service(configuration, log: log)
        var options = TransferOptions()
        options.caFile = volume + "/tls/tls.crt"
        client = TransferClient(options)
        service.start()
        try lines.wait(for: "msg=\"Serving 1.0.0\"")
    }

    deinit {
        service.stop()
    }

    /// Pushes an artifact of these layers.
    static func push(_ layers: [(title: String, bytes: [UInt8])], as tag: String, to layout: String) throws {
        let blobs = try layers.map { layer in
            (
                descriptor: ArtifactManifest.layer(
                    digest: try #require(Digest("sha256:" + sum(layer.bytes))),
                    size: Int64(layer.bytes.count),
                    title: layer.title
                ),
                bytes: layer.bytes
            )
        }
        _ = try ArtifactManifest.push(
            layers: blobs.map(\.descriptor),
            as: try #require(Tag(tag)),
            created: .current(),
            to: LayoutDirectory(layout),
            before: Deadline(after: .seconds(60))
        ) { layer, offset, limit in
            let bytes = blobs.first { $0.descriptor == layer }?.bytes ?? []
            return Array(bytes.dropFirst(Int(offset)).prefix(limit))
        }
    }

    private static func sum(_ bytes: [UInt8]) throws -> String {
        String(try Command.run("sha256sum", [], input: bytes).text.prefix(64))
    }

    /// An archive that GNU tar makes of these files; gzip where `compressed`.
    static func archive(_ files: [String: String], compressed: Bool) throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        let tree = directory.appending("tree")
        try Tree.write(files, to: tree)
        return try Command.run("tar", [compressed ? "-czf" : "-cf", "-", "."], directory: tree).out
    }

    /// An answer of the TLS listener.
    func get(
        _ path: String,
        _ fields: [(name: String, value: String)] = [],
        method: TransferRequest.Method = .get
    ) throws -> (response: TransferResponse, text: String) {
        let url = try #require(TransferURL("https://127.0.0.1:\(service.port)\(path)"))
        let request = TransferRequest(method, url, fields: fields, redirects: .handOver)
        let (response, body) = try client.collect(request, limit: 64 << 20)
        return (response, String(decoding: body, as: UTF8.self))
    }
}
