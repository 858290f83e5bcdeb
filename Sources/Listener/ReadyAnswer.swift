internal import HTTP
internal import Platform

/// An answer as it goes over the wire: its head and, where it is small, its body in one piece of memory; the parts
/// that follow where it is not.
///
/// Belongs to one event loop at a time: a worker makes it and hands it over, or a loop's cache keeps it.
final class ReadyAnswer: @unchecked Sendable {
    /// The largest body, in bytes, that is kept in memory with its head: four TLS records.
    static let inlineLimit = 65_536

    /// Head and inline body.
    private(set) var bytes: [UInt8]
    let headCount: Int
    private let dateOffset: Int
    /// The second that the `Date` in `bytes` names.
    private var dateSecond: Int64
    /// What follows `bytes`.
    let parts: [Answer<SharedFile>.Part]
    /// What makes the body that follows `bytes`.
    let source: (any BodySource)?
    /// Whether what `source` makes goes in chunks.
    let isChunked: Bool
    /// Who asked, where it was found out.
    let user: String?
    /// What it came from, in the responder's words.
    let origin: String?
    /// Of ``Answer/family``.
    let family: UInt64?
    let status: Int
    /// Whether it is what the responder said, not a failure on the way.
    let isFaithful: Bool
    /// Whether a cache keeps it, so that a connection which sends it holds no memory of its own for it.
    var isKept = false

    /// In bytes, of head and inline body.
    var count: Int { bytes.count }

    /// - Parameters:
    ///   - head: With its empty line.
    ///   - dateSecond: Of the date in `head`.
    init(
        head: ResponseHead.Bytes,
        body: [UInt8],
        parts: [Answer<SharedFile>.Part],
        source: (any BodySource)? = nil,
        isChunked: Bool = false,
        user: String? = nil,
        origin: String? = nil,
        family: UInt64? = nil,
        status: Int,
        isFaithful: Bool,
        dateSecond: Int64
    ) {
        headCount = head.bytes.count
        dateOffset = head.dateOffset
        bytes = body.isEmpty ? head.bytes : head.bytes + body
        self.parts = parts
        self.source = source
        self.isChunked = isChunked
        self.user = user
        self.origin = origin
        self.family = family
        self.status = status
        self.isFaithful = isFaithful
        self.dateSecond = dateSecond
    }

    /// The answer that a file is, made of an earlier one's head without waiting for the disk; `nil` where that is needed, and
    /// for a large form: a worker copies that, and the cache counts it whole.
    init?(_ found: FoundFile<SharedFile>, like example: Example) {
        let isInline = found.size <= Int64(Self.inlineLimit)
        let size = isInline ? Int(found.size) : 0
        var headCount = 0
        bytes = [UInt8](capacity: example.head.mostBytes + size) { span in
            example.head.write(
                found.digest,
                lastModified: found.lastModified,
                sentDigest: found.sentDigest,
                size: found.size,
                to: &span
            )
            headCount = span.count
            guard isInline else { return }
            switch found.content {
            case .file(let file, _): Self.readCached(file, count: size, to: &span)
            case .bytes(let form): for byte in form { span.append(byte) }
            }
        }
        guard bytes.count == headCount + size else { return nil }
        if isInline {
            parts = []
        } else {
            guard case .file(let file, let size) = found.content else { return nil }
            parts = [.file(file, offset: 0, count: size)]
        }
        self.headCount = headCount
        dateOffset = example.head.dateOffset
        // Long ago: the date in the template is an old one.
        dateSecond = 0
        source = nil
        isChunked = false
        user = nil
        origin = example.origin
        family = found.family
        status = Status.ok.code
        isFaithful = true
    }

    /// What an answer has in common with those of its family.
    struct Example {
        fileprivate let head: HeadTemplate
        fileprivate let origin: String?
    }

    /// What others of its family can be made of; `nil` where it has none.
    var example: Example? {
        guard let head = HeadTemplate(bytes[..<headCount], dateOffset: dateOffset) else { return nil }
        return Example(head: head, origin: origin)
    }

    /// Writes `date` over the one that is in the head, where the second has changed.
    func setDate(_ date: borrowing DateHeader) {
        guard dateSecond != date.second else { return }
        dateSecond = date.second
        for index in 0..<ResponseHead.dateLength { bytes[dateOffset + index] = date.bytes[index] }
    }

    /// Calls `body` with head and inline body.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        // The pointer does not leave `body`.
        unsafe bytes.withUnsafeBytes { unsafe body($0) }
    }

    /// The same head with a `Connection` field.
    func head(withConnection option: String) -> [UInt8] {
        bytes[..<(headCount - 2)] + Array("Connection: \(option)\r\n\r\n".utf8)
    }

    /// Turns a responder's answer into bytes; blocks where a small file has to be read.
    ///
    /// - Parameters:
    ///   - mayChunk: Whether the client knows chunks: it speaks HTTP/1.1.
    ///   - refusal: Further fields of the failure that it is where a file can't be read.
    ///   - accept: What the request accepts; asked for where it is that failure.
    static func make(
        _ answer: Answer<SharedFile>,
        isHead: Bool,
        mayChunk: Bool = true,
        refusal: Fields = Fields(),
        accept: @autoclosure () -> String? = nil,
        date: DateHeader,
        isFaithful: Bool = true
    ) -> ReadyAnswer {
        let allowsContent = ResponseHead.allowsContent(answer.status)
        var body: [UInt8] = []
        var parts: [Answer<SharedFile>.Part] = []
        var source: (any BodySource)?
        if allowsContent, !isHead {
            switch answer.body {
            case .none: break
            case .bytes(let bytes): body = bytes
            case .file(let file, let offset, let count): parts = [.file(file, offset: offset, count: count)]
            case .parts(let several): parts = several
            case .pieces(let pieces): source = pieces
            }
            if !parts.isEmpty, let length = answer.contentLength, length <= Int64(inlineLimit) {
                guard let bytes = read(parts) else {
                    let reason = "The file can't be read, or is shorter than it was."
                    return failure(.internalServerError, reason: reason, accept: accept(), fields: refusal, date: date)
                }
                body = bytes
                parts = []
            }
        }
        let isChunked = mayChunk && allowsContent && answer.contentLength == nil
        let head = ResponseHead.serialise(
            answer.status,
            fields: answer.fields,
            contentLength: allowsContent ? answer.contentLength : nil,
            isChunked: isChunked,
            date: date.bytes
        )
        return ReadyAnswer(
            head: head,
            body: body,
            parts: parts,
            source: source,
            isChunked: isChunked,
            user: answer.user,
            origin: answer.origin,
            family: answer.family,
            status: answer.status.code,
            isFaithful: isFaithful,
            dateSecond: date.second
        )
    }

    /// A short answer of the listener's own: a refusal with its reason.
    ///
    /// - Parameters:
    ///   - accept: What the request accepts, as far as that is known.
    ///   - fields: What the endpoint's other answers have, too.
    static func failure(
        _ status: Status,
        reason: String,
        accept: String? = nil,
        fields: Fields = Fields(),
        date: DateHeader
    ) -> ReadyAnswer {
        var fields = fields
        fields.append("Cache-Control", "no-store")
        let answer: Answer<SharedFile> = ProblemDetails(status, reason).answer(accept: accept, fields: fields)
        return make(answer, isHead: false, date: date, isFaithful: false)
    }

    /// All parts, one behind the other; `nil` where one can't be read.
    private static func read(_ parts: [Answer<SharedFile>.Part]) -> [UInt8]? {
        var all: [UInt8] = []
        for part in parts {
            switch part {
            case .bytes(let bytes):
                all += bytes
            case .file(let file, let offset, let count):
                guard let bytes = read(file, offset: offset, count: Int(count)) else { return nil }
                all += bytes
            }
        }
        return all
    }

    /// All of that part of a file; `nil` where it can't be read, or was cut short.
    static func read(_ file: SharedFile, offset: Int64, count: Int) -> [UInt8]? {
        var isComplete = true
        // The buffer is written by the kernel only, within its bounds.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<count]
                )
                do throws(SystemError) {
                    let read = unsafe try file.read(into: rest, at: offset + Int64(filled))
                    if read == 0 { break }
                    filled += read
                } catch {
                    break
                }
            }
            isComplete = filled == count
        }
        return isComplete ? bytes : nil
    }

    /// Appends what the page cache has of a file's first `count` bytes.
    private static func readCached(_ file: SharedFile, count: Int, to span: inout OutputSpan<UInt8>) {
        guard count > 0 else { return }
        // The kernel writes within the free part of the span, and no more than it says.
        unsafe span.withUnsafeMutableBufferPointer { buffer, filled in
            let rest = unsafe UnsafeMutableRawBufferPointer(buffer)[filled..<filled + count]
            do throws(SystemError) {
                filled += unsafe try file.readCached(into: UnsafeMutableRawBufferPointer(rebasing: rest), at: 0) ?? 0
            } catch {
                // A worker finds out, and says, what is wrong.
            }
        }
    }
}
