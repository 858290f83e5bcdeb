/// A request as the listener hands it over, after its framing was found sound.
package struct Request: Sendable {
    package var method: Method
    /// The path of the target as it was sent, still percent-encoded, without `?` and what follows; begins with `/`,
    /// or is `*` for an asterisk-form request (RFC 9112 section 3.2).
    package var path: [UInt8]
    /// What followed `?`, still percent-encoded.
    package var query: [UInt8]?
    package var fields: Fields
    /// The body, empty where there was none; the listener bounds it.
    package var body: [UInt8]
    /// Whom the request came from.
    package var peer: Peer
    /// Whom the client has proved to be, where names are asked for.
    package var user: String?
    /// Whether that user may change things.
    package var isAdministrator = false

    package init(
        method: Method,
        path: [UInt8],
        query: [UInt8]? = nil,
        fields: Fields = Fields(),
        body: [UInt8] = [],
        peer: Peer = .local
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
        self.peer = peer
    }
}

/// Whom a request came from.
package enum Peer: Hashable, Sendable {
    /// Through the Unix socket on the volume: whoever may open it administers the daemon.
    case local
    /// Over the network, from this address.
    case network(address: String)
}

/// A request method (RFC 9110 section 9).
package enum Method: Hashable, Sendable {
    case get
    case head
    case post
    case options
    /// Any other token.
    case other(String)
}

/// The fields of a header section, in the order in which they came; names compare without case (RFC 9110 section 5.1).
package struct Fields: Hashable, Sendable {
    /// A field line's name and value.
    package struct Line: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var lines: [Line]

    package init(_ lines: [Line] = []) {
        self.lines = lines
    }

    /// The values of all lines of that name, joined with `, ` (RFC 9110 section 5.3); `nil` where there is none.
    package subscript(name: String) -> String? {
        var value: String?
        for line in lines where Self.same(line.name, name) {
            value = value.map { $0 + ", " + line.value } ?? line.value
        }
        return value
    }

    /// Adds a line.
    package mutating func append(_ name: String, _ value: String) {
        lines.append(Line(name: name, value: value))
    }

    /// Whether two names are the same but for the case of ASCII letters.
    static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { one, other in
                one == other || (one ^ other == 0x20 && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(one | 0x20))
            }
    }
}
