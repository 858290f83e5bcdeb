internal import Platform

/// The users that may ask, with their passwords' hashes: a file as `htpasswd -B` makes it.
struct Htpasswd: Sendable {
    /// The largest file read, in bytes: some ten thousand users.
    static let limit = 1 << 20

    private let hashes: [[UInt8]: PasswordHash]
    /// In the file's order, for ``decoy(for:)``.
    private let all: [PasswordHash]

    /// Reads a file. Empty lines and lines that begin with `#` are left out.
    init(file: String) throws(HtpasswdError) {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try WholeFile.read(file, limit: Self.limit)
        } catch {
            throw .unreadable(file: file, reason: error.reason)
        }
        try self.init(bytes, file: file)
    }

    /// - Parameter file: for errors.
    init(_ bytes: [UInt8], file: String) throws(HtpasswdError) {
        var hashes: [[UInt8]: PasswordHash] = [:]
        var all: [PasswordHash] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) || line.first == UInt8(ascii: "#") { continue }
            func fault(_ reason: String) -> HtpasswdError { .badLine(file: file, line: index + 1, reason: reason) }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
                throw fault("not USER:HASH")
            }
            let hash: PasswordHash
            do throws(PasswordHash.Fault) {
                // The field after the hash, where there is one, is a comment to Apache.
                let text = line[(colon + 1)...].prefix { $0 != UInt8(ascii: ":") }
                hash = try PasswordHash(String(decoding: text, as: UTF8.self))
            } catch {
                throw fault(Self.reason(error))
            }
            // The first line of a name counts, as with Apache and nginx; a second one is a mistake that nobody notices.
            guard hashes.updateValue(hash, forKey: Array(line[..<colon])) == nil else {
                throw fault("the user is there twice")
            }
            all.append(hash)
        }
        guard !all.isEmpty else { throw .empty(file: file) }
        self.hashes = hashes
        self.all = all
    }

    /// How many users there are.
    var count: Int { all.count }

    /// Whether the password is this user's. Takes equally long for a user that isn't there.
    func accepts(user: [UInt8], password: [UInt8]) -> Bool {
        if let hash = hashes[user] { return hash.isHash(of: password) }
        _ = decoy(for: user).isHash(of: password)
        return false
    }

    /// A hash that costs what a user's would, always the same one for a name: with differing costs in one file, a name
    /// that isn't there looks like one that is.
    private func decoy(for user: [UInt8]) -> PasswordHash {
        var hasher = Hasher()
        hasher.combine(user)
        return all[Int(hasher.finalize().magnitude % UInt(all.count))]
    }

    private static func reason(_ fault: PasswordHash.Fault) -> String {
        switch fault {
        case .refused(let method): "\(method) is not accepted"
        case .malformed(let method): "a broken hash of \(method)"
        case .plainText: "a password in plain text, or hashed by an unknown method, is not accepted"
        }
    }
}

/// Why a password file can't be used; each case names the file, the cause and the remedy.
enum HtpasswdError: Error, Hashable {
    case unreadable(file: String, reason: String)
    /// Counted from 1.
    case badLine(file: String, line: Int, reason: String)
    case empty(file: String)
}

extension HtpasswdError: CustomStringConvertible {
    var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "can't read the passwords in \(file): \(reason); check the path and that this user may read it"
        case .badLine(let file, let line, let reason):
            "can't use the passwords in \(file), line \(line): \(reason); set it anew with: htpasswd -B \(file) USER"
        case .empty(let file):
            "the password file \(file) has no users; add one with: htpasswd -B \(file) USER"
        }
    }
}
