import Content
import HTTP
import Testing

@testable import Serving

struct RouteTests {
    @Test(arguments: [
        ("/", "tree"), ("/a/b", "tree a b"), ("/health", "health"), ("/health/", "tree health"),
        ("/health/x", "tree health x"), ("/Health", "tree Health"), ("/%68ealth", "health"),
        ("/v1/_catalog", "catalog"), ("/v1/_catalog/", "tree v1 _catalog"), ("/v1", "tree v1"),
        ("/v1/_catalog/x", "tree v1 _catalog x"),
        ("/-/status", "status"), ("/-/releases", "releases"), ("/-/releases/", "releases"), ("/-/diff", "diff"),
        ("/-/sync", "action sync"), ("/-/activate", "action activate"), ("/-/resume", "action resume"),
        ("/-/import", "action takeIn"), ("/-/verify", "action verify"), ("/-/sync/", "unknown"),
        ("/-/takeIn", "unknown"),
        ("/%2d/status", "status"), ("//-//status", "status"), ("/a/../-/status", "status"),
        ("/-/releases/0.0.0", "retained 0.0.0:"), ("/-/releases/0.0.0/", "retained 0.0.0:"),
        ("/-/releases/0.0.0/a/b", "retained 0.0.0: a b"),
        ("/-/releases/sha256%3Aab/health", "retained sha256:ab: health"),
        ("/-/releases/0.0.0/-/status", "retained 0.0.0: - status"), ("/-/releases/0.0.0/../../status", "status"),
        ("/-", "unknown"), ("/-/", "unknown"), ("/-/status/", "unknown"), ("/-/status/x", "unknown"),
        ("/-/other", "unknown"), ("/-/activate/x", "unknown"), ("/-/Status", "unknown"),
        ("/-a/status", "tree -a status"), ("/a/-/status", "tree a - status"),
    ])
    func goesByTheDecodedPath(path: String, expected: String) throws {
        #expect(Self.describe(Route(try TargetPath(Array(path.utf8)))) == expected)
    }

    private static func describe(_ route: Route) -> String {
        func joined(_ components: [[UInt8]]) -> String {
            components.map { " " + String(decoding: $0, as: UTF8.self) }.joined()
        }
        return switch route {
        case .tree(let components): "tree" + joined(components)
        case .retained(let name, let components):
            "retained \(String(decoding: name, as: UTF8.self)):" + joined(components)
        case .action(let action): "action \(action)"
        default: "\(route)"
        }
    }
}

struct RequestedReleaseTests {
    private static let digest = "sha256:" + String(repeating: "ab", count: 32)

    @Test func takesADigestWithOrWithoutATag() {
        #expect(RequestedRelease(Self.digest)?.digest.description == Self.digest)
        #expect(RequestedRelease("4.5.13@" + Self.digest)?.digest.description == Self.digest)
    }

    @Test(arguments: [
        "", "4.5.13", "@", "4.5.13@", "@" + digest, "a b@" + digest, digest + "@4.5.13", "sha256:ab", digest + " ",
        digest + ", " + digest, "a@b@" + digest,
    ])
    func refusesAnythingElse(value: String) {
        #expect(RequestedRelease(value) == nil)
    }
}
