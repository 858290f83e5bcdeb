internal import CPlatform
internal import Glibc

/// The process's own output streams.
package enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Writes all of `bytes`, each call of the system in one piece where it fits.
    ///
    /// What a closed or full stream refuses is lost: there is nowhere left to report it to.
    package func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                return
            }
        }
    }

    /// Writes `text`.
    package func write(_ text: String) {
        write(Array(text.utf8))
    }

    /// Whether a person is looking at it (`isatty(3)`).
    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Reads standard input to its end, refusing more than `limit` bytes with `EFBIG`.
    package static func readInput(limit: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try systemCall("read") { Glibc.read(0, &buffer, buffer.count) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            if bytes.count > limit { throw SystemError(call: "read", code: EFBIG) }
        }
    }
}
