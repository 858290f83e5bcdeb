import Zlib

/// What a layer was found to be, from its bytes alone.
package enum LayerFormat: Hashable, Sendable {
    /// A tar, gzip or not.
    case tar
    /// Anything else: stored as it is, under its title.
    case file
}

/// The first stage: looks at the first bytes of a layer to see what it is, and inflates it where it is a gzip of a tar.
///
/// Media types are not believed: ORAS gives a plain file the type of a tar, and other tools rename at will.
package struct LayerDecoder: ~Copyable {
    /// What the layer is; `nil` until that is certain, set before the first bytes are handed over.
    package private(set) var format: LayerFormat?

    private let title: String?
    private let size: Int64
    private let limits: ArchiveLimits
    private var sniffer = LayerSniffer()
    private let handlers: MemberHandlers?
    /// There while a gzip is being inflated.
    private var members: MemberReader?
    /// How many bytes were handed over.
    private var produced: Int64 = 0
    private var isFinished = false

    /// Begins a layer.
    ///
    /// - Parameters:
    ///   - title: the file name it was pushed under, if any.
    ///   - size: the size of the layer as its descriptor has it, in bytes: what the ratio is judged against. That so
    ///     many bytes really come is the fetcher's to check.
    ///   - limits: what it may inflate to.
    ///   - members: asked of the members of a gzip; `nil` has all of them inflated.
    package init(
        title: String?,
        size: Int64,
        limits: ArchiveLimits = ArchiveLimits(),
        members handlers: MemberHandlers? = nil
    ) {
        self.handlers = handlers
        self.title = title
        self.size = size
        self.limits = limits
    }

    /// Takes the next bytes of the layer.
    ///
    /// - Parameter emit: gets what the layer was found to be, and the content in order, inflated where the layer is a
    ///   gzip of a tar; each piece is only there during the call, and at most 256 KiB or as large as `bytes`.
    /// - Throws: ``ArchiveError`` where the layer is refused; what `emit` throws. Either ends the decoder.
    package mutating func consume(_ bytes: RawSpan, emit: (LayerFormat, RawSpan) throws -> Void) throws {
        guard !isFinished else { throw ArchiveError.finished }
        isFinished = true
        if format == nil {
            let (taken, finding) = try sniffer.take(bytes)
            if let finding {
                try begin(finding)
                try decodeHeld(emit: emit)
                try decode(bytes.extracting(droppingFirst: taken), emit: emit)
            }
        } else {
            try decode(bytes, emit: emit)
        }
        isFinished = false
    }

    /// Says that the layer is complete, and hands over what was held back.
    ///
    /// - Throws: ``ArchiveError`` where the layer is refused or incomplete; what `emit` throws.
    package mutating func finish(emit: (LayerFormat, RawSpan) throws -> Void) throws {
        guard !isFinished else { throw ArchiveError.finished }
        isFinished = true
        if format == nil {
            // Less than a block of content: no tar is that short.
            try begin(.other)
            try decodeHeld(emit: emit)
        }
        try decode(RawSpan(), isLast: true, emit: emit)
    }

    /// Settles what the layer is.
    private mutating func begin(_ finding: LayerSniffer.Finding) throws(ArchiveError) {
        let isGzip: Bool
        switch finding {
        case .tar(let gzip): isGzip = gzip
        // Zeros may be an empty tar, if the layer is meant to be one.
        case .zeros(let gzip) where title == nil || LayerTitle.saysArchive(title): isGzip = gzip
        case .zeros, .other:
            _ = try LayerTitle.path(title)
            format = .file
            return
        }
        if isGzip {
            do {
                members = try MemberReader(handlers)
            } catch {
                throw .compression(error)
            }
        }
        format = .tar
    }

    /// Hands over what the sniffer has kept, which is not needed any more then.
    private mutating func decodeHeld(emit: (LayerFormat, RawSpan) throws -> Void) throws {
        let held = sniffer.held
        sniffer = LayerSniffer()
        // `bytes` is only unsafe for elements with padding; a byte has none.
        unsafe try decode(held.span.bytes, emit: emit)
    }

    /// - Parameter isLast: whether the layer is complete, and there are no bytes any more.
    private mutating func decode(
        _ bytes: RawSpan,
        isLast: Bool = false,
        emit: (LayerFormat, RawSpan) throws -> Void
    ) throws {
        // Nothing is decoded before the format is settled.
        guard let format else { return }
        var meter = LayerMeter(produced: produced, size: size, format: format, limits: limits)
        defer { produced = meter.produced }
        guard members != nil else {
            guard !bytes.isEmpty else { return }
            try meter.count(Int64(bytes.byteCount), isInflated: false)
            return try emit(format, bytes)
        }
        func take(_ piece: RawSpan) throws {
            try meter.count(Int64(piece.byteCount), isInflated: true)
            try emit(format, piece)
        }
        do {
            if isLast {
                try members?.finish(emit: take)
            } else {
                try members?.consume(bytes, emit: take) { try meter.count($0, isInflated: true) }
            }
        } catch let error as ZlibError {
            throw ArchiveError.compression(error)
        }
    }
}

/// Counts what a layer unpacks to, before it is handed over.
private struct LayerMeter {
    var produced: Int64
    let size: Int64
    let format: LayerFormat
    let limits: ArchiveLimits

    mutating func count(_ bytes: Int64, isInflated: Bool) throws(ArchiveError) {
        let (sum, overflow) = produced.addingReportingOverflow(bytes)
        // A layer that is stored as it is has its own size as a ceiling, at the reader's.
        if format == .tar {
            guard !overflow, sum <= limits.maxContentSize else { throw .totalTooLarge(limit: limits.maxTotalSize) }
        }
        if isInflated, sum > ArchiveLimits.ratioFloor {
            // An overflow means that any size is allowed.
            let (most, isUnbounded) = limits.maxRatio.multipliedReportingOverflow(by: size)
            guard isUnbounded || sum <= most else { throw .ratioTooHigh(limit: limits.maxRatio) }
        }
        produced = sum
    }
}
