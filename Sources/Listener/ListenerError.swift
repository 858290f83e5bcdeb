package import OpenSSL
package import Platform

/// Why a server can't listen; each case names the address, the cause and the remedy.
package enum ListenerError: Error, Hashable, Sendable {
    /// Not `HOST:PORT` or `[IPV6]:PORT` with a literal address.
    case badAddress(String)
    /// Another process listens there.
    case inUse(String)
    /// This user may not listen there.
    case forbidden(String)
    /// The address is not one of this host's.
    case notLocal(String)
    /// Any other failure of a system call.
    case failed(address: String, SystemError)
    /// TLS could not be set up.
    case tls(OpenSSLError)
    /// The self-signed pair can't be kept.
    case selfSigned(file: String, reason: String)
    /// As many responders as endpoints are needed.
    case unmatchedResponders(endpoints: Int, responders: Int)
}

extension ListenerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badAddress(let text):
            "can't listen on \(text): not an address; write [::]:8443, 127.0.0.1:8443 or [::1]:8443"
        case .inUse(let address):
            "can't listen on \(address): another process does; stop it or choose another address (see: ss -ltnp)"
        case .forbidden(let address):
            "can't listen on \(address): not allowed for this user; choose a port above 1023 or a writable directory"
        case .notLocal(let address):
            "can't listen on \(address): not an address of this host; choose one of its own, or [::] for all"
        case .failed(let address, let error):
            "can't listen on \(address): \(error); check the address and this process's limits"
        case .tls(let error):
            "can't set up TLS: \(error); replace the certificate and key"
        case .selfSigned(let file, let reason):
            "can't keep the self-signed certificate in \(file): \(reason); make the directory writable"
        case .unmatchedResponders(let endpoints, let responders):
            "\(endpoints) endpoints were given \(responders) responders; give one for each"
        }
    }
}
