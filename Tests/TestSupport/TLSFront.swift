import Foundation

/// TLS in front of a server on loopback that speaks none: what passes is not changed.
package final class TLSFront: Sendable {
    private let process: PythonServer
    /// `127.0.0.1:PORT`.
    package let host: String

    /// - Parameter server: `127.0.0.1:PORT`; its connections carry one request each.
    package init(_ pair: CertificateAuthority.Pair, to server: String) throws {
        process = try PythonServer(Self.script, [pair.certificateFile, pair.keyFile, server])
        let port = String(decoding: process.greeting, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !port.isEmpty else { throw try process.failure("the TLS front") }
        host = "127.0.0.1:\(port)"
    }

    private static let script = """
        import select, socket, ssl
        certificate, key, server = sys.argv[1:]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)

        def serve(plain):
            # A client that refuses the certificate, or goes away, ends its connection and nothing else.
            try:
                with context.wrap_socket(plain, server_side=True) as client:
                    with socket.create_connection(("127.0.0.1", int(server.split(":")[1]))) as origin:
                        while True:
                            ready = [client] if client.pending() else select.select([client, origin], [], [])[0]
                            for source in ready:
                                data = source.recv(65536)
                                if not data:
                                    return
                                (origin if source is client else client).sendall(data)
            except OSError:
                pass

        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """
}
