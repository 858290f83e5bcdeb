import HTTP

extension Answer {
    /// The body as text where it is bytes; empty where there is none.
    var text: String {
        if case .bytes(let bytes) = body { String(decoding: bytes, as: UTF8.self) } else { "" }
    }
}

extension Request {
    /// A request over the network.
    init(
        _ method: HTTP.Method = .get,
        _ target: String,
        _ fields: [String: String] = [:],
        peer: Peer = .network(address: "192.0.2.1")
    ) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(
            method: method,
            path: Array(parts[0].utf8),
            query: parts.count > 1 ? Array(parts[1].utf8) : nil,
            fields: Fields(fields.map { Fields.Line(name: $0.key, value: $0.value) }),
            peer: peer
        )
    }
}
