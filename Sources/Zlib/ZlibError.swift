/// Why gzip data could not be inflated, or bytes not deflated.
package enum ZlibError: Error, Hashable, Sendable {
    /// There was no memory for zlib's own state (`Z_MEM_ERROR`).
    case outOfMemory
    /// The library is not the one that the program was built for (`Z_VERSION_ERROR`).
    case incompatibleLibrary
    /// The data is no valid gzip member; `reason` is zlib's own word for it (`Z_DATA_ERROR`).
    case corrupt(reason: String)
    /// The data ends within a member, or holds none.
    case truncated
    /// After a complete member stand bytes that begin no other; the offset is that of the first of them.
    case trailingBytes(offset: Int64)
    /// The stream was used after it had failed or ended.
    case finished
}

extension ZlibError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .outOfMemory: "zlib has no memory left; give the process more"
        case .incompatibleLibrary: "the zlib library is not the one this program was built for; install it again"
        case .corrupt(let reason): "the gzip data is damaged (\(reason)); fetch or pack it again"
        case .truncated: "the gzip data ends too early; fetch or pack it again"
        case .trailingBytes(let offset):
            "after the gzip data, at byte \(offset), stands something else; pack it again without it"
        case .finished: "the gzip stream was used after its end or after a failure"
        }
    }
}
