internal import HTTP
internal import Platform

/// An answer as it goes over the wire: its head and, where it is small, its body in one piece of memory; the part of
/// a file that follows where it is not.
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
    let file: SharedFile?
    let fileOffset: Int64
    let fileCount: Int64
    /// What makes the body that follows `bytes`.
    let source: (any BodySource)?
    /// Whether what `source` makes goes in chunks.
    let isChunked: Bool
    /// Who asked, where it was found out.
    let user: String?
    /// What it came from, in the responder's words.
    let origin: String?
    let status: Int
    /// Whether it is what the responder said, not a failure on the way.
    let isFaithful: Bool

    /// In bytes, of head and inline body.
    var count: Int { bytes.count }

    /// - Parameters:
    ///   - head: With its empty line.
    ///   - dateSecond: Of the date in `head`.
    init(
        head: ResponseHead.Bytes,
        body: [UInt8],
        file: SharedFile?,
        fileOffset: Int64,
        fileCount: Int64,
        source: (any BodySource)? = nil,
        isChunked: Bool = false,
        user: String? = nil,
        origin: String? = nil,
        status: Int,
        isFaithful: Bool,
        dateSecond: Int64
    ) {
        headCount = head.bytes.count
        dateOffset = head.dateOffset
        bytes = body.isEmpty ? head.bytes : head.bytes + body
        self.file = file
        self.fileOffset = fileOffset
        self.fileCount = fileCount
        self.source = source
        self.isChunked = isChunked
        self.user = user
        self.origin = origin
        self.status = status
        self.isFaithful = isFaithful
        self.dateSecond = dateSecond
    }

    /// Writes `date` over the one that is in the head, where the second has changed.
    func setDate(_ date: borrowing DateHeader) {
        guard dateSecond != date.second else { return }
        dateSecond = date.second
        for index in 0..<ResponseHead.dateLength { bytes[dateOffset + index] = date.bytes[index] }
    }

    /// Calls `body` with head and inline body.
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        // The pointer does not leave `body`.
        unsafe bytes.withUnsafeBytes { unsafe body($0) }
    }

    /// The same answer with a `Connection` field.
    func bytes(withConnection option: String) -> [UInt8] {
        bytes[..<(headCount - 2)] + Array("Connection: \(option)\r\n\r\n".utf8) + bytes[headCount...]
    }

    /// Turns a responder's answer into bytes; blocks where a small file has to be read.
    ///
    /// - Parameter mayChunk: Whether the client knows chunks: it speaks HTTP/1.1.
    static func make(
        _ answer: Answer<SharedFile>,
        isHead: Bool,
        mayChunk: Bool = true,
        date: DateHeader,
        isFaithful: Bool = true
    ) -> ReadyAnswer {
        let allowsContent = ResponseHead.allowsContent(answer.status)
        var body: [UInt8] = []
        var file: SharedFile?
        var fileOffset: Int64 = 0
        var fileCount: Int64 = 0
        var source: (any BodySource)?
        if allowsContent, !isHead {
            switch answer.body {
            case .none:
                break
            case .bytes(let bytes):
                body = bytes
            case .file(let shared, let offset, let count) where count <= Int64(inlineLimit):
                guard let bytes = read(shared, offset: offset, count: Int(count)) else {
                    return failure(.internalServerError, date: date)
                }
                body = bytes
            case .file(let shared, let offset, let count):
                file = shared
                fileOffset = offset
                fileCount = count
            case .pieces(let pieces):
                source = pieces
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
            file: file,
            fileOffset: fileOffset,
            fileCount: fileCount,
            source: source,
            isChunked: isChunked,
            user: answer.user,
            origin: answer.origin,
            status: answer.status.code,
            isFaithful: isFaithful,
            dateSecond: date.second
        )
    }

    /// A short answer of the listener's own: a refusal, as plain text.
    static func failure(_ status: Status, date: DateHeader) -> ReadyAnswer {
        let fields = Fields([.init(name: "Content-Type", value: "text/plain; charset=utf-8")])
        let body = Array("\(status.code) \(status.reason)\n".utf8)
        return make(Answer(status, fields: fields, body: .bytes(body)), isHead: false, date: date, isFaithful: false)
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
}
