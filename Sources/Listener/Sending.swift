internal import HTTP
internal import Platform

/// What is left of an answer: bytes, then a part of a file, then further parts, or what makes the rest. Shares the answer's memory.
struct Sending {
    private(set) var bytes: [UInt8]
    /// Of `bytes`, how many are gone.
    var offset = 0
    /// What follows `bytes` before the parts, and where it begins there.
    private var body: (bytes: [UInt8], start: Int)?
    private(set) var file: SharedFile?
    private(set) var fileOffset: Int64 = 0
    private(set) var fileRemaining: Int64 = 0
    private var parts: ArraySlice<Answer<SharedFile>.Part>
    /// What makes the rest; `nil` once there is no more.
    var source: (any BodySource)?
    let isChunked: Bool

    /// - Parameter option: The value of a `Connection` field to be added; `nil` for none.
    init(_ ready: ReadyAnswer, connection option: String?) {
        if let option {
            bytes = ready.head(withConnection: option)
            body = (ready.bytes, ready.headCount)
        } else {
            bytes = ready.bytes
        }
        parts = ready.parts[...]
        source = ready.source
        isChunked = ready.isChunked
    }

    /// Whether everything is gone but what ``source`` makes.
    var isAtEnd: Bool { isPartAtEnd && parts.isEmpty && (body.map { $0.start == $0.bytes.count } ?? true) }

    private var isPartAtEnd: Bool { offset == bytes.count && fileRemaining == 0 }

    /// Goes on to the next part where there is nothing left of this one; `false` where there is none.
    mutating func moveOn() -> Bool {
        while isPartAtEnd {
            if let body {
                (bytes, offset) = body
                self.body = nil
                continue
            }
            guard let next = parts.popFirst() else { return false }
            switch next {
            case .bytes(let next):
                bytes = next
                offset = 0
            case .file(let next, let start, let count):
                file = next
                fileOffset = start
                fileRemaining = count
            }
        }
        return true
    }

    /// Takes `count` bytes off the part of the file.
    mutating func tookFile(_ count: Int) {
        fileOffset += Int64(count)
        fileRemaining -= Int64(count)
    }
}
