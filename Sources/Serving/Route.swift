internal import HTTP

/// What administrators can have done, by the name in the path.
enum AdministratorAction: String, Sendable {
    case sync
    case activate
    case resume
    case takeIn = "import"
    case verify
}

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
    /// What administrators can have done: `/-/NAME`.
    case action(AdministratorAction)
    case catalog
    case health
    /// Anything else under `/-/`.
    case unknown

    init(_ path: TargetPath) {
        let components = path.components
        guard components.first == Self.dash else {
            let isFile = !path.hasTrailingSlash
            self =
                isFile && components == Self.healthPath
                ? .health : isFile && components == Self.catalogPath ? .catalog : .tree(components)
            return
        }
        let names = components.prefix(3).map { String(decoding: $0, as: UTF8.self) }
        if names.count > 2, names[1] == "releases" {
            self = .retained(name: components[2], Array(components.dropFirst(3)))
            return
        }
        self =
            switch names {
            case ["-", "releases"]: .releases
            case ["-", "status"] where !path.hasTrailingSlash: .status
            case ["-", "diff"] where !path.hasTrailingSlash: .diff
            default: .unknown
            }
        if self == .unknown, names.count == 2, !path.hasTrailingSlash,
            let action = AdministratorAction(rawValue: names[1])
        {
            self = .action(action)
        }
    }

    private static let dash = Array("-".utf8)
    private static let healthPath = [Array("health".utf8)]
    private static let catalogPath = [Array("v1".utf8), Array("_catalog".utf8)]

    /// The value of `Allow` (RFC 9110 section 10.2.1).
    var allow: String {
        if case .action = self { "POST, OPTIONS" } else { "GET, HEAD, OPTIONS" }
    }

    func allows(_ method: Method) -> Bool {
        switch self {
        // What isn't there is 404, whatever one wants of it.
        case .unknown: true
        case .action: method == .post
        default: method == .get || method == .head
        }
    }
}
