internal import CPlatform
internal import Glibc

/// The terminal that somebody types at.
package enum Terminal {
    /// Why nothing was typed.
    package enum Failure: Error, Hashable, Sendable {
        /// Ctrl-C or Ctrl-D.
        case cancelled
        case tooLong
        case system(SystemError)
    }

    /// Whether standard input is a terminal (`isatty(3)`).
    package static var isThere: Bool { isatty(0) == 1 }

    /// Reads a line from standard input, of at most `limit` bytes, without its end.
    package static func readLine(limit: Int) throws(Failure) -> [UInt8] {
        var line: [UInt8] = []
        while let byte = try readByte(), byte != UInt8(ascii: "\n") {
            guard line.count < limit else { throw .tooLong }
            line.append(byte)
        }
        return line
    }

    /// Reads a line that the terminal doesn't show.
    ///
    /// The keys that edit a line and end a program are handled here, not by the terminal, so that no signal can end the
    /// program while it is silent (`termios(3)`, `ICANON`, `ECHO`, `ISIG`).
    package static func readSecret(limit: Int) throws(Failure) -> [UInt8] {
        var before = termios()
        do throws(SystemError) {
            _ = try systemCall("tcgetattr") { tcgetattr(0, &before) }
            var silent = before
            silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
            _ = try systemCall("tcsetattr") { tcsetattr(0, TCSAFLUSH, &silent) }
        } catch {
            throw .system(error)
        }
        // What can't be set back is seen by whoever types next.
        defer { _ = tcsetattr(0, TCSADRAIN, &before) }
        var line: [UInt8] = []
        while let byte = try readByte() {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return line
            case 0x03, 0x04: throw .cancelled
            case 0x08, 0x7F:
                // One character, however many bytes UTF-8 takes for it.
                while let last = line.popLast(), last & 0xC0 == 0x80 {}
            case 0x15: line = []
            default:
                guard line.count < limit else { throw .tooLong }
                line.append(byte)
            }
        }
        throw .cancelled
    }

    private static func readByte() throws(Failure) -> UInt8? {
        var byte: UInt8 = 0
        do throws(SystemError) {
            return try systemCall("read") { Glibc.read(0, &byte, 1) } == 1 ? byte : nil
        } catch {
            throw .system(error)
        }
    }
}
