internal import Archive
internal import Content
internal import Dispatch
internal import Registry
internal import Store
internal import Synchronization

/// Takes one layer from the registry to the staging, in two stages with a bounded hand-over between them:
/// (1) transfer, digest, inflate, on the caller's thread; (2) tar, on a queue of its own, from which the staging's writers
/// take the files to digest and write them.
///
/// Whichever stage fails ends the other one; nothing of the layer is published, as only the caller seals the staging.
struct LayerPipeline {
    let source: any ReleaseSource
    let limits: ArchiveLimits

    private static let queue = DispatchQueue(label: "specman.unpack")

    /// What the second stage learns from the first, and what it leaves behind.
    private final class Junction: Sendable {
        let handover = Handover()
        let done = DispatchSemaphore(value: 0)
        private let format = Mutex<LayerFormat?>(nil)
        private let result: Mutex<EntryRegister>

        init(_ register: EntryRegister) {
            result = Mutex(register)
        }

        var found: LayerFormat? {
            get { format.withLock { $0 } }
            set { format.withLock { $0 = newValue } }
        }

        var register: EntryRegister {
            get { result.withLock { $0 } }
            set { result.withLock { $0 = newValue } }
        }
    }

    /// Runs the layer through.
    ///
    /// - Parameters:
    ///   - download: what is kept of the layer from an earlier try; it grows with this one.
    ///   - register: what the layers before have left: the limits and the paths are the artifact's as a whole.
    /// - Returns: the layer, verified to its last byte, and the register with its entries.
    /// - Throws: `RegistryError`, `ArchiveError` or `StoreError`, whichever came first.
    func run(
        _ layer: Descriptor,
        download: PartialDownload,
        into staging: Staging,
        after register: EntryRegister,
        before deadline: Deadline
    ) throws -> (blob: VerifiedBlob, register: EntryRegister) {
        let junction = Junction(register)
        let limits = limits
        Self.queue.async {
            defer { junction.done.signal() }
            do {
                try Self.unpack(layer, from: junction, into: staging, limits: limits)
            } catch {
                junction.handover.fail(error)
            }
        }
        let result = Result {
            let blob = try fetch(layer, keeping: download, to: junction, before: deadline)
            junction.handover.finish()
            return blob
        }
        if case .failure(let error) = result { junction.handover.fail(error) }
        junction.done.wait()
        // Where the second stage failed first, the first one ended with the same error, or knows a deeper cause.
        let blob = try result.get()
        if let failure = junction.handover.failure { throw failure }
        return (blob, junction.register)
    }

    /// The first stage.
    private func fetch(
        _ layer: Descriptor,
        keeping download: PartialDownload,
        to junction: Junction,
        before deadline: Deadline
    ) throws -> VerifiedBlob {
        var decoder = LayerDecoder(title: layer.title, size: layer.size, limits: limits)
        func handOver(_ format: LayerFormat, _ content: RawSpan) throws {
            if junction.found == nil { junction.found = format }
            try junction.handover.put(content)
        }
        var replayed: Int64 = 0
        // Bytes that were damaged on the way look like a bad archive. The rest is fetched all the same, so that a digest
        // that doesn't match is what is reported then, and tried again.
        var fault: (any Error)?
        let blob = try Download.run(
            layer,
            from: source,
            kept: {
                let bytes = try download.read(at: replayed, upTo: Handover.bufferSize)
                replayed += Int64(bytes.count)
                return bytes
            },
            before: deadline
        ) { bytes, origin in
            if origin == .fetched { try download.append(bytes) }
            guard fault == nil else { return }
            do {
                try decoder.consume(bytes, emit: handOver)
            } catch  where ArtifactFault.isOne(error) {
                fault = error
            }
        }
        if let fault { throw fault }
        try decoder.finish(emit: handOver)
        junction.found = decoder.format
        return blob
    }

    /// The second stage.
    private static func unpack(
        _ layer: Descriptor,
        from junction: Junction,
        into staging: Staging,
        limits: ArchiveLimits
    ) throws {
        var sink = EntryStager(staging: staging)
        var next = try junction.handover.take()
        var reader = EntryReader(
            format: junction.found ?? .file,
            title: layer.title,
            size: layer.size,
            limits: limits,
            after: junction.register
        )
        while let buffer = next {
            // Bytes have no padding whose content could be undefined.
            try unsafe reader.consume(buffer.span.bytes, into: &sink)
            junction.handover.giveBack(buffer)
            next = try junction.handover.take()
        }
        try reader.finish(into: &sink)
        junction.register = reader.register
    }
}
