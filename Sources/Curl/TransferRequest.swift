/// What is asked of a server.
package struct TransferRequest {
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
    }

    /// What goes along with the request.
    package enum Body {
        case none
        case bytes([UInt8])
        /// `size` bytes, read piece by piece: up to `limit` bytes from `offset` on, which starts again at 0 where the
        /// connection has to be made anew. What it throws ends the transfer with that error.
        case reader(size: Int64, read: (_ offset: Int64, _ limit: Int) throws -> [UInt8])
    }

    /// What is done with an answer that points elsewhere (301, 302, 303, 307, 308).
    package enum Redirects: Hashable, Sendable {
        /// It is handed to the caller as it is.
        case handOver
        /// GET and HEAD follow it, at most this often; never from `https` to `http`. `Authorization` and `Cookie`, and the
        /// client certificate, stay with the scheme, host and port they were meant for (GHSA-vh4v-2xq2-g5cg).
        case follow(most: Int)
    }

    package var method: Method
    package var url: TransferURL
    /// Name and value; neither may hold control bytes, which would let a value write further fields.
    package var fields: [(name: String, value: String)]
    package var body: Body
    package var redirects: Redirects
    /// For the whole exchange, redirects included; `nil` for no limit but the stall's.
    package var timeout: Duration?
    /// Asked about once a second; `true` ends the transfer with ``TransferError/cancelled(host:)``.
    package var isCancelled: (() -> Bool)?

    package init(
        _ method: Method = .get,
        _ url: TransferURL,
        fields: [(name: String, value: String)] = [],
        body: Body = .none,
        redirects: Redirects = .follow(most: 5),
        timeout: Duration? = nil,
        isCancelled: (() -> Bool)? = nil
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.redirects = redirects
        self.timeout = timeout
        self.isCancelled = isCancelled
    }
}

/// What a client's transfers have in common.
package struct TransferOptions: Sendable {
    /// Trusted authorities (PEM), instead of the system's; `nil` for the system's.
    package var caFile: String?
    /// A client certificate (PEM) and its key; the key may stand in the certificate's file.
    package var certificateFile: String?
    package var keyFile: String?
    /// What such files held when they were read.
    package var material = PEMMaterial()
    /// Takes any certificate.
    package var insecure = false
    /// Connects to this socket instead of the URL's host.
    package var unixSocket: String?
    /// Through what requests go.
    package var proxies = ProxySettings.environment
    package var userAgent = "specman"
    /// Name resolution, TCP and TLS together.
    package var connectTimeout: Duration = .seconds(10)
    /// A transfer slower than `stallSpeed` bytes a second for `stallTime` seconds has stalled.
    package var stallSpeed = 1 << 10
    package var stallTime: Duration = .seconds(30)
    /// The most that status line and fields of one answer may take, in bytes: a registry's take about 1 KiB, and a
    /// browser's limit is 256 KiB.
    package var headLimit = 64 << 10

    package init() {}
}

extension TransferOptions {
    /// The same for servers that our client certificate is not for.
    package var withoutClientCertificate: TransferOptions {
        var options = self
        options.certificateFile = nil
        options.keyFile = nil
        options.material.certificate = nil
        options.material.key = nil
        return options
    }
}

/// The content of PEM files, which counts instead of the file of the same name: what is mounted can change under whoever
/// reads it when a connection is made, and what has turned out to be good is kept.
package struct PEMMaterial: Hashable, Sendable {
    /// Trusted authorities, instead of the system's.
    package var authorities: [UInt8]?
    /// A client certificate with its chain, and its key; both or none.
    package var certificate: [UInt8]?
    package var key: [UInt8]?

    package init() {}
}

/// A server's answer, without its body.
package struct TransferResponse: Sendable {
    package let status: Int
    /// In the order in which they came, repeated ones included.
    package let fields: [(name: String, value: String)]
    /// Who answered: another URL than was asked where a redirect was followed.
    package let url: TransferURL

    /// The value of the first field of this name, whatever its case.
    package subscript(name: String) -> String? { all(name).first }

    /// The values of all fields of this name, whatever their case.
    package func all(_ name: String) -> [String] {
        let wanted = name.lowercased()
        return fields.filter { $0.name.lowercased() == wanted }.map(\.value)
    }
}
