internal import CPlatform
internal import Glibc

/// A password as `crypt(3)` keeps it: method, cost, salt and hash in one text.
package struct PasswordHash: Hashable, Sendable {
    /// Why a text is taken for no hash.
    package enum Fault: Error, Hashable, Sendable {
        /// A method that is too quick to guess, or too slow to bear, by its name.
        case refused(method: String)
        /// It begins as a known method does, but is too short or too long for it.
        case malformed(method: String)
        /// No method at all.
        case plainText
    }

    /// bcrypt's cost is an exponent: at 16 a look takes about 4 s, at 31 a day.
    private static let highestCost = 16
    /// Of SHA-crypt: a look takes more than a second. Whoever may ask at all may have this looked for, and others wait.
    private static let mostRounds = 5_000_000
    /// Of yescrypt, in bytes: what mkpasswd takes at its cost of 7; at 11 it is a gibibyte.
    private static let mostMemory = 64 << 20
    /// `CRYPT_OUTPUT_SIZE` of crypt(5).
    private static let size = 384

    private let text: String

    /// Takes bcrypt (`$2y$`, `$2a$`, `$2b$`), SHA-256-crypt (`$5$`), SHA-512-crypt (`$6$`) and yescrypt (`$y$`).
    package init(_ text: String) throws(Fault) {
        if let method = Self.refused.first(where: { text.hasPrefix($0.prefix) })?.method {
            throw .refused(method: method)
        }
        guard let method = Self.methods.first(where: { text.hasPrefix($0.prefix) }) else { throw .plainText }
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }
        guard isPlain, method.length.contains(text.utf8.count), text.utf8.count < Self.size else {
            throw .malformed(method: method.name)
        }
        if method.name == "bcrypt" {
            guard let cost = Int(text.dropFirst(4).prefix(2)), cost >= 4 else { throw .malformed(method: method.name) }
            guard cost <= Self.highestCost else {
                throw .refused(method: "bcrypt with a cost above \(Self.highestCost)")
            }
        }
        switch method.name {
        case "SHA-256-crypt", "SHA-512-crypt":
            guard let rounds = Self.rounds(text) else { throw .malformed(method: method.name) }
            guard rounds <= Self.mostRounds else {
                throw .refused(method: "\(method.name) with more than \(Self.mostRounds) rounds")
            }
        case "yescrypt":
            guard let memory = Self.memory(text) else { throw .refused(method: "yescrypt with unusual parameters") }
            guard memory <= Self.mostMemory else {
                throw .refused(method: "yescrypt with more memory than \(Self.mostMemory >> 20) MiB")
            }
        default: break
        }
        self.text = text
    }

    /// `$6$rounds=N$…`; 5000 where nothing is said (crypt(5)). `nil` where crypt(3) takes the number for none.
    private static func rounds(_ text: String) -> Int? {
        let field = text.dropFirst(3).prefix { $0 != "$" }
        guard field.hasPrefix("rounds=") else { return 5000 }
        let digits = field.dropFirst("rounds=".count)
        guard digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains), digits.count >= 4,
            digits.first != "0"
        else { return nil }
        return Int(digits) ?? .max
    }

    /// `$y$FNR$…`: a flavour, the logarithm of N, and r, a character each, as crypt_gensalt(3) makes them. The memory is
    /// 128 r N bytes; `nil` for further parameters, which cost time and that nobody sets.
    private static func memory(_ text: String) -> Int? {
        let digits = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        let field = Array(text.dropFirst(3).prefix { $0 != "$" }.utf8)
        guard field.count == 3, field[0] == UInt8(ascii: "j"), let exponent = digits.firstIndex(of: field[1]),
            let blocks = digits.firstIndex(of: field[2]), exponent < 30
        else { return nil }
        return 128 * (blocks + 1) << (exponent + 1)
    }

    /// Whether `password` is the one. Takes as long as the method's cost says, up to seconds; never on an event loop.
    ///
    /// Longer passwords than 511 bytes belong to no hash (`CRYPT_MAX_PASSPHRASE_SIZE` of crypt(3)).
    package func isHash(of password: [UInt8]) -> Bool {
        // C would take what is before it for all.
        guard !password.contains(0) else { return false }
        var phrase = password.map { CChar(bitPattern: $0) } + [0]
        defer {
            phrase.withUnsafeMutableBytes { bytes in
                if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) }
            }
        }
        var result = [CChar](repeating: 0, count: Self.size)
        guard specman_crypt(phrase, text, &result, result.count) == 0 else { return false }
        let computed = result.prefix { $0 != 0 }
        let expected = text.utf8.map { CChar(bitPattern: $0) }
        guard computed.count == expected.count else { return false }
        // Looks at every byte, whichever differ.
        return zip(computed, expected).reduce(CChar(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static let methods: [(prefix: String, name: String, length: ClosedRange<Int>)] = [
        ("$2y$", "bcrypt", 60...60), ("$2a$", "bcrypt", 60...60), ("$2b$", "bcrypt", 60...60),
        ("$5$", "SHA-256-crypt", 47...100), ("$6$", "SHA-512-crypt", 90...150), ("$y$", "yescrypt", 50...350),
    ]

    private static let refused: [(prefix: String, method: String)] = [
        ("$apr1$", "MD5 ($apr1$)"), ("$1$", "MD5 ($1$)"), ("{SHA}", "SHA-1 ({SHA})"), ("{SSHA}", "SHA-1 ({SSHA})"),
        ("$2x$", "bcrypt's faulty form ($2x$)"),
    ]
}
