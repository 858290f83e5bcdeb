internal import CPlatform
internal import Glibc

/// An address that a socket is bound to or connected from.
package enum SocketAddress: Hashable, Sendable {
    /// Four bytes, in network order.
    case v4([UInt8], port: UInt16)
    /// Sixteen bytes, in network order.
    case v6([UInt8], port: UInt16)
    case unix(path: String)

    /// Takes a literal IPv4 or IPv6 address, without brackets; `nil` for anything else.
    package init?(literal text: String, port: UInt16) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = .v4(withUnsafeBytes(of: four) { Array($0) }, port: port)
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self = .v6(withUnsafeBytes(of: six) { Array($0) }, port: port)
        } else {
            return nil
        }
    }

    init(_ storage: sockaddr_storage) {
        let family = Int32(storage.ss_family)
        self = withUnsafeBytes(of: storage) { bytes in
            switch family {
            case AF_INET:
                let address = bytes.loadUnaligned(as: sockaddr_in.self)
                return .v4(Array(bytes[4..<8]), port: UInt16(bigEndian: address.sin_port))
            case AF_INET6:
                let address = bytes.loadUnaligned(as: sockaddr_in6.self)
                return .v6(Array(bytes[8..<24]), port: UInt16(bigEndian: address.sin6_port))
            default:
                return .unix(path: "")
            }
        }
    }

    /// The port; 0 for a Unix socket.
    package var port: UInt16 {
        switch self {
        case .v4(_, let port), .v6(_, let port): port
        case .unix: 0
        }
    }

    /// Whether it is a Unix socket.
    package var isLocal: Bool {
        if case .unix = self { true } else { false }
    }

    /// The host's literal, without port and brackets; an IPv4 address mapped into IPv6 as IPv4.
    package var host: String {
        switch self {
        case .v4(let bytes, _):
            return bytes.map(String.init).joined(separator: ".")
        case .v6(let bytes, _):
            if bytes.prefix(12).elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) {
                return bytes.suffix(4).map(String.init).joined(separator: ".")
            }
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            guard inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "::" }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        case .unix(let path):
            return path
        }
    }

    /// Calls `body` with the address in the kernel's form; `nil` where a path is too long for it (107 bytes).
    func withKernelForm<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result? {
        var storage = sockaddr_storage()
        let length: Int? = withUnsafeMutableBytes(of: &storage) { bytes in
            switch self {
            case .v4(let address, let port):
                var form = sockaddr_in()
                form.sin_family = sa_family_t(AF_INET)
                form.sin_port = port.bigEndian
                withUnsafeMutableBytes(of: &form.sin_addr) { $0.copyBytes(from: address.prefix(4)) }
                bytes.storeBytes(of: form, as: sockaddr_in.self)
                return MemoryLayout<sockaddr_in>.size
            case .v6(let address, let port):
                var form = sockaddr_in6()
                form.sin6_family = sa_family_t(AF_INET6)
                form.sin6_port = port.bigEndian
                withUnsafeMutableBytes(of: &form.sin6_addr) { $0.copyBytes(from: address.prefix(16)) }
                bytes.storeBytes(of: form, as: sockaddr_in6.self)
                return MemoryLayout<sockaddr_in6>.size
            case .unix(let path):
                let name = Array(path.utf8)
                let offset = 2
                guard name.count + 1 <= MemoryLayout<sockaddr_un>.size - offset, !name.contains(0) else { return nil }
                bytes.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
                UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyBytes(from: name)
                return offset + name.count + 1
            }
        }
        guard let length else { return nil }
        return withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:8443`, `[::1]:8443`, or the path.
    package var description: String {
        switch self {
        case .v4(_, let port): "\(host):\(port)"
        case .v6(_, let port): "[\(host)]:\(port)"
        case .unix(let path): path
        }
    }
}
