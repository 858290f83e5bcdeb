internal import Platform
internal import Yams

/// The keys and values of a YAML file, each with the line that it stands on.
struct ConfigurationFile {
    /// The largest file read, in bytes: far more than every key with its comment takes.
    static let limit = 1 << 20

    struct Setting {
        let key: String
        let value: ConfigurationValue
        let line: Int?
    }

    let path: String
    private(set) var settings: [Setting] = []

    /// Reads and flattens `path`.
    init(path: String) throws(ConfigurationError) {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try WholeFile.read(path, limit: Self.limit)
        } catch {
            throw .unreadable(file: path, reason: error.reason)
        }
        try self.init(path: path, text: String(decoding: bytes, as: UTF8.self))
    }

    /// Flattens `text`, naming `path` in what it reports.
    init(path: String, text: String) throws(ConfigurationError) {
        self.path = path
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw Self.fault(error, path: path)
        } catch {
            throw .malformed(file: path, line: nil, reason: "\(error)")
        }
        guard let root, !root.isNull else { return }
        guard case .mapping(let mapping) = root else {
            throw .malformed(file: path, line: root.mark?.line, reason: "the document is no mapping of keys to values")
        }
        try flatten(mapping, below: "")
    }

    private mutating func flatten(_ mapping: Node.Mapping, below prefix: String) throws(ConfigurationError) {
        for (keyNode, value) in mapping {
            let line = keyNode.mark?.line
            guard case .scalar(let scalar) = keyNode else {
                throw .malformed(file: path, line: line, reason: "a key is no plain text")
            }
            let key = prefix + scalar.string
            switch value {
            // An empty value is as good as none: `pin:` with nothing behind it leaves the default.
            case _ where value.isNull: continue
            case .scalar(let scalar):
                settings.append(Setting(key: key, value: .text(scalar.string), line: line))
            case .mapping(let inner):
                // A misspelt section is reported as such, not by each of its keys.
                guard ConfigurationKey.all.contains(where: { $0.name.hasPrefix(key + ".") }) else {
                    settings.append(Setting(key: key, value: .text(""), line: line))
                    continue
                }
                try flatten(inner, below: key + ".")
            case .sequence(let items):
                var texts: [String] = []
                for item in items {
                    guard case .scalar(let scalar) = item else {
                        throw .malformed(
                            file: path,
                            line: item.mark?.line,
                            reason: "\(key) holds more than plain texts"
                        )
                    }
                    texts.append(scalar.string)
                }
                settings.append(Setting(key: key, value: .list(texts), line: line))
            case .alias:
                throw .malformed(file: path, line: line, reason: "\(key) is an alias without an anchor")
            }
        }
    }

    private static func fault(_ error: YamlError, path: String) -> ConfigurationError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            .malformed(file: path, line: mark.line, reason: problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            .malformed(
                file: path,
                line: context.mark.line,
                reason: "given twice: \(duplicates.joined(separator: ", "))"
            )
        default: .malformed(file: path, line: nil, reason: "\(error)".split(separator: "\n").joined(separator: " "))
        }
    }
}

extension Node {
    /// Whether this is nothing, `~` or `null` without quotes (YAML 1.2 section 10.2.1.1).
    fileprivate var isNull: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}
