internal import CPlatform
internal import Glibc

/// What a host's name resolves to.
package enum HostName {
    /// Why a name doesn't resolve.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The resolver's words (`gai_strerror(3)`), such as `Name or service not known`.
        package let description: String
    }

    /// The addresses of `name`, in the order in which they are tried, each once (`getaddrinfo(3)`). Blocks.
    package static func addresses(of name: String) throws(Failure) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0 else {
            let text = code == EAI_SYSTEM ? strerror(errno) : UnsafeMutablePointer(mutating: gai_strerror(code))
            throw Failure(description: text.map { String(cString: $0) } ?? "error \(code)")
        }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            guard let address = entry.pointee.ai_addr else { continue }
            var storage = sockaddr_storage()
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(
                    from: UnsafeRawBufferPointer(
                        start: address,
                        count: min(Int(entry.pointee.ai_addrlen), $0.count)
                    )
                )
            }
            let text = SocketAddress(storage).host
            if !addresses.contains(text) { addresses.append(text) }
        }
        return addresses
    }
}
