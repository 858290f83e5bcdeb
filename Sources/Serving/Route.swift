internal import HTTP

/// What a path stands for, before anything is looked up.
///
/// The endpoints win over files of the same name, which stay reachable under `/-/releases/…`.
enum Route: Hashable, Sendable {
    /// A path in the active release.
    case tree([[UInt8]])
    /// A path in a release that the URL names by tag or digest.
    case retained(name: [UInt8], [[UInt8]])
    case releases
    case status
    case diff
    case sync
    case catalog
    case health
    /// Anything else under `/-/`.
    case unknown

    init(_ path: TargetPath) {
        let components = path.components
        let names = components.prefix(3).map { String(decoding: $0, as: UTF8.self) }
        guard names.first == "-" else {
            self =
                switch names {
                case ["health"] where !path.hasTrailingSlash: .health
                case ["v1", "_catalog"] where !path.hasTrailingSlash: .catalog
                default: .tree(components)
                }
            return
        }
        if names.count > 2, names[1] == "releases" {
            self = .retained(name: components[2], Array(components.dropFirst(3)))
            return
        }
        self =
            switch names {
            case ["-", "releases"]: .releases
            case ["-", "status"] where !path.hasTrailingSlash: .status
            case ["-", "diff"] where !path.hasTrailingSlash: .diff
            case ["-", "sync"] where !path.hasTrailingSlash: .sync
            default: .unknown
            }
    }

    /// The value of `Allow` (RFC 9110 section 10.2.1).
    var allow: String {
        self == .sync ? "POST, OPTIONS" : "GET, HEAD, OPTIONS"
    }

    func allows(_ method: Method) -> Bool {
        switch self {
        // What isn't there is 404, whatever one wants of it.
        case .unknown: true
        case .sync: method == .post
        default: method == .get || method == .head
        }
    }
}
