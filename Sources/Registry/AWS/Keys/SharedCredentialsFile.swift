internal import Content
internal import Platform

/// The file in which AWS's tools keep access keys, a section a profile.
///
/// Specification: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
struct SharedCredentialsFile: Sendable {
    let path: String
    let profile: String

    /// The largest one read, in bytes: hundreds of profiles.
    private static let limit = 1 << 20

    /// The profile's key; nothing where the file or the profile isn't there.
    ///
    /// - Throws: `RegistryError.aws` where the file can't be read, or half a key is there.
    func find() throws(RegistryError) -> AWSFinding {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try WholeFile.read(path, limit: Self.limit)
        } catch {
            if error.isNotFound { return .nothing("no file \(path)") }
            throw failure("\(error.reason); correct AWS_SHARED_CREDENTIALS_FILE, or let specman read the file")
        }
        guard let values = Self.profiles(String(decoding: bytes, as: UTF8.self))[profile] else {
            return .nothing("no profile \(JSON.printable(profile)) in \(path)")
        }
        let id = values["aws_access_key_id"]
        let secret = values["aws_secret_access_key"]
        if id == nil, secret == nil {
            return .nothing("no access key in the profile \(JSON.printable(profile)) of \(path)")
        }
        guard
            let credentials = AWSCredentials(
                accessKeyID: id ?? "",
                secretAccessKey: secret ?? "",
                sessionToken: values["aws_session_token"]
            )
        else {
            throw failure(
                "the profile \(JSON.printable(profile)) needs both aws_access_key_id and aws_secret_access_key, "
                    + "neither with blanks in it; correct it"
            )
        }
        return .credentials(credentials)
    }

    private func failure(_ reason: String) -> RegistryError {
        .aws(attempt: "reading the shared credentials file \(path)", reason: reason)
    }

    /// Names and values by profile: `[NAME]`, then `name = value`; lines that begin with `#` or `;` are comments. Of
    /// two values of one name the last counts.
    static func profiles(_ text: String) -> [String: [String: String]] {
        var profiles: [String: [String: String]] = [:]
        var current: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmed
            guard let first = line.first, first != "#", first != ";" else { continue }
            if first == "[" {
                let name = line.dropFirst().prefix { $0 != "]" }.trimmed
                current = name
                profiles[name, default: [:]].merge([:]) { $1 }
                continue
            }
            guard let current, let equals = line.firstIndex(of: "=") else { continue }
            let name = line[..<equals].trimmed.lowercased()
            profiles[current]?[name] = line[line.index(after: equals)...].trimmed
        }
        return profiles
    }
}
