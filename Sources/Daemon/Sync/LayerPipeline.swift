internal import Archive
internal import Content
internal import Dispatch
internal import Registry
internal import Store
internal import Synchronization

/// Takes one layer from the registry to the staging, in three stages with a bounded hand-over between two of them each:
/// (1) transfer and digest, on the caller's thread, beside which what is kept of the archive is written; (2) inflate;
/// (3) tar, from which the staging's writers take the files to digest and write them. The last two have a queue each.
///
/// Whichever stage fails ends those before it; nothing of the layer is published, as only the caller seals the staging.
struct LayerPipeline {
    /// Told how many bytes of a layer have come; often, on the thread that receives them.
    typealias Progress = @Sendable (_ layer: Descriptor, _ received: Int64) -> Void

    /// What has become of a layer.
    struct Unpacked {
        /// With the entries of this layer and of those before.
        var register: EntryRegister
        /// How many members of its gzip the release before had as well.
        var knownMembers = 0
    }

    let source: any ReleaseSource
    let limits: ArchiveLimits
    /// Whether what the release that is served had in its archive, too, may be taken from there.
    let recognizesMembers: Bool
    let progress: Progress?

    private static let inflating = DispatchQueue(label: "specman.inflate")
    private static let unpacking = DispatchQueue(label: "specman.unpack")
    /// Buffers between the first two stages, 2 MiB in all: enough that the transfer goes on while the inflater waits.
    private static let compressedDepth = 8
    /// Buffers between the last two, 3 MiB in all: enough to ride out the writers' pauses.
    private static let contentDepth = 12

    /// What the stages learn from one another, and what the last one leaves behind.
    private final class Junction: Sendable {
        let compressed = Handover<Never>(depth: LayerPipeline.compressedDepth)
        let content = Handover<MemberMark>(depth: LayerPipeline.contentDepth)
        let isInflated = DispatchSemaphore(value: 0)
        let isUnpacked = DispatchSemaphore(value: 0)
        private let format = Mutex<LayerFormat?>(nil)
        private let result: Mutex<Unpacked>

        init(_ register: EntryRegister) {
            result = Mutex(Unpacked(register: register))
        }

        var found: LayerFormat? {
            get { format.withLock { $0 } }
            set { format.withLock { $0 = newValue } }
        }

        var unpacked: Unpacked {
            get { result.withLock { $0 } }
            set { result.withLock { $0 = newValue } }
        }
    }

    /// Runs the layer through.
    ///
    /// - Parameters:
    ///   - download: what is kept of the layer from an earlier try; it grows with this one.
    ///   - register: what the layers before have left: the limits and the paths are the artifact's as a whole.
    /// - Returns: the layer, verified to its last byte, and what it held.
    /// - Throws: `RegistryError`, `ArchiveError` or `StoreError`. Bytes that were damaged on the way look like a bad
    ///   archive: where both are true it is the digest that is reported, and tried again.
    func run(
        _ layer: Descriptor,
        download: PartialDownload,
        into staging: Staging,
        after register: EntryRegister,
        before deadline: Deadline
    ) throws -> (blob: VerifiedBlob, unpacked: Unpacked) {
        let junction = Junction(register)
        let limits = limits
        let asked = recognizesMembers ? staging : nil
        Self.inflating.async {
            defer { junction.isInflated.signal() }
            do {
                try Self.inflate(layer, by: junction, asking: asked, limits: limits)
                junction.content.finish()
            } catch {
                junction.content.fail(error)
                junction.compressed.fail(error)
            }
        }
        Self.unpacking.async {
            defer { junction.isUnpacked.signal() }
            do {
                try Self.unpack(layer, from: junction, into: staging, limits: limits)
            } catch {
                junction.content.fail(error)
            }
        }
        let result = Result {
            let blob = try fetch(layer, keeping: download, to: junction.compressed, before: deadline)
            junction.compressed.finish()
            return blob
        }
        if case .failure(let error) = result { junction.compressed.fail(error) }
        junction.isInflated.wait()
        junction.isUnpacked.wait()
        // Where a later stage failed first, those before ended with the same error, or know a deeper cause.
        let blob = try result.get()
        if let failure = junction.compressed.failure ?? junction.content.failure { throw failure }
        return (blob, junction.unpacked)
    }

    /// The first stage.
    private func fetch(
        _ layer: Descriptor,
        keeping download: PartialDownload,
        to compressed: Handover<Never>,
        before deadline: Deadline
    ) throws -> VerifiedBlob {
        var replayed: Int64 = 0
        var received: Int64 = 0
        // Also of a transfer that was cut off: its error is the one to tell, and what could not be kept comes again.
        defer { try? download.flush() }
        let blob = try Download.run(
            layer,
            from: source,
            kept: {
                let bytes = try download.read(at: replayed, upTo: Handover<Never>.Buffer.size)
                replayed += Int64(bytes.count)
                return bytes
            },
            before: deadline
        ) { bytes, origin in
            if origin == .fetched { try download.append(bytes) }
            try compressed.put(bytes)
            guard let progress else { return }
            received += Int64(bytes.byteCount)
            progress(layer, received)
        }
        try download.flush()
        return blob
    }

    /// The second stage. Once the artifact is known to be at fault the rest of it is taken and dropped: it is fetched all
    /// the same, so that a digest that doesn't match is found.
    private static func inflate(
        _ layer: Descriptor,
        by junction: Junction,
        asking staging: Staging?,
        limits: ArchiveLimits
    ) throws {
        let members = MemberRecognition.handlers(asking: staging) { mark in
            // Only an archive has members, and nothing else may come before the first one.
            junction.found = .tar
            try junction.content.put(mark)
        }
        var decoder = LayerDecoder(title: layer.title, size: layer.size, limits: limits, members: members)
        func handOver(_ format: LayerFormat, _ content: RawSpan) throws {
            if junction.found == nil { junction.found = format }
            try junction.content.put(content)
        }
        var fault: (any Error)?
        while let buffer = try junction.compressed.take() {
            defer { junction.compressed.giveBack(buffer) }
            guard fault == nil else { continue }
            do {
                // Bytes have no padding whose content could be undefined.
                try unsafe decoder.consume(buffer.bytes.span.bytes, emit: handOver)
            } catch  where ArtifactFault.isOne(error) {
                fault = error
                junction.content.fail(error)
            }
        }
        if let fault { throw fault }
        try decoder.finish(emit: handOver)
        junction.found = decoder.format
    }

    /// The third stage.
    private static func unpack(
        _ layer: Descriptor,
        from junction: Junction,
        into staging: Staging,
        limits: ArchiveLimits
    ) throws {
        var sink = EntryStager(staging: staging)
        var knownMembers = 0
        var next = try junction.content.take()
        var reader = EntryReader(
            format: junction.found ?? .file,
            title: layer.title,
            size: layer.size,
            limits: limits,
            after: junction.unpacked.register
        )
        while let buffer = next {
            var start = 0
            for (offset, mark) in buffer.marks {
                // Bytes have no padding whose content could be undefined.
                try unsafe reader.consume(buffer.bytes.span.bytes.extracting(start..<offset), into: &sink)
                start = offset
                try MemberRecognition.follow(mark, &reader, into: &sink)
                if case .known = mark { knownMembers += 1 }
            }
            // As above.
            try unsafe reader.consume(buffer.bytes.span.bytes.extracting(droppingFirst: start), into: &sink)
            junction.content.giveBack(buffer)
            next = try junction.content.take()
        }
        try reader.finish(into: &sink)
        junction.unpacked = Unpacked(register: reader.register, knownMembers: knownMembers)
    }
}
