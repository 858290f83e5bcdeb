import Foundation
import Testing

/// The plan of the house: which room may import which. Imports point along the flow of the bytes, or down.
@Suite struct ImportTests {
    /// Modules of this package; what isn't named here may be imported by nobody else.
    private static let rooms: [String: Set<String>] = [
        "Platform": ["CPlatform", "Glibc"],
        "OpenSSL": ["COpenSSL"],
        "Zlib": ["CZlib"],
        // Proxies are named in the environment, and NO_PROXY holds addresses.
        "Curl": ["CCurl", "Platform"],
        // libyaml, as Yams has it.
        "YAML": ["CYaml"],
        // SQLite, as GRDB has it; it reads by the calls that it is given.
        "SQLite": ["GRDB", "GRDBSQLite", "Platform"],
        "Content": [],
        "HTTP": ["Content"],
        "Registry": ["Content", "Curl", "OpenSSL", "Platform"],
        "Archive": ["Content", "Zlib"],
        "Checks": ["Content", "YAML"],
        // GRDB binds and reads bytes as Foundation's `Data`.
        "Store": ["Content", "OpenSSL", "Platform", "SQLite", "GRDB", "Foundation"],
        "Serving": ["Content", "HTTP", "Store", "Zlib"],
        "Listener": ["HTTP", "OpenSSL", "Platform"],
        "Palette": ["Content", "Curl"],
        "Daemon": [
            "Archive", "Checks", "Content", "Curl", "HTTP", "Listener", "Logging", "OpenSSL", "Platform", "Registry",
            "Serving",
            "Store", "Yams",
        ],
        "specman": ["ArgumentParser", "Content", "Daemon", "Palette"],
    ]

    /// What every room may use besides.
    private static let common: Set<String> = ["Dispatch", "FoundationEssentials", "Synchronization"]

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The Swift files below `directory`, with their text.
    private static func files(below directory: String) throws -> [(path: String, text: String)] {
        let base = root.appendingPathComponent(directory)
        let names = try FileManager.default.subpathsOfDirectory(atPath: base.path)
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            (directory + "/" + name, try String(contentsOf: base.appendingPathComponent(name), encoding: .utf8))
        }
    }

    @Test func roomsImportOnlyWhatThePlanAllows() throws {
        let importLine =
            /^\s*(?:@\w+\s+)?(?:(?:package|internal|private|fileprivate|public)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|typealias|let|var)\s+)?(\w+)/
        var seen: Set<String> = []
        for (path, text) in try Self.files(below: "Sources") {
            let room = String(path.split(separator: "/")[1])
            let allowed = try #require(Self.rooms[room], "\(path): \(room) is no room of the plan").union(Self.common)
            for line in text.split(separator: "\n") {
                guard let match = line.firstMatch(of: importLine) else { continue }
                seen.insert(room)
                #expect(allowed.contains(String(match.1)), "\(path): \(room) may not import \(match.1)")
            }
        }
        #expect(seen.contains("Daemon"), "the search for imports found none")
    }

    @Test func trapsAndPublicNamesStayOut() throws {
        let publicName =
            /\bpublic(?:\(set\))?\s+(?:static|final|func|let|var|struct|class|enum|protocol|init|typealias|extension|import|subscript|actor|mutating|indirect|override|convenience)\b/
        let traps = ["try!", "fatalError(", "preconditionFailure(", " as! ", "unowned(unsafe)"]
        for (path, text) in try Self.files(below: "Sources") {
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let code = line.components(separatedBy: "//")[0]
                for trap in traps {
                    #expect(!code.contains(trap), "\(path):\(number + 1): \(trap)")
                }
                #expect(
                    code.firstMatch(of: publicName) == nil,
                    "\(path):\(number + 1): nothing here is for other packages"
                )
            }
        }
    }

    @Test func uncheckedSendabilityStaysInTheWrappersAndTheLoop() throws {
        let places: Set<String> = ["Platform", "OpenSSL", "Zlib", "Curl", "YAML", "SQLite", "Listener"]
        for (path, text) in try Self.files(below: "Sources") where !places.contains("\(path.split(separator: "/")[1])")
        {
            #expect(!text.contains("@unchecked Sendable"), "\(path)")
            #expect(!text.contains("nonisolated(unsafe)"), "\(path)")
        }
    }

    /// From the type of a command that says no name one is made at each start, for which the runtime looks through everything
    /// that conforms to anything.
    @Test func commandsSayTheirNames() throws {
        var count = 0
        for (path, text) in try Self.files(below: "Sources/specman") {
            for configuration in text.components(separatedBy: "= CommandConfiguration(").dropFirst() {
                count += 1
                let isNamed = configuration.drop(while: \.isWhitespace).hasPrefix("commandName:")
                #expect(isNamed, "\(path): a command without commandName")
            }
        }
        #expect(count > 20, "the search for commands found \(count)")
    }

    @Test func filesStaySmall() throws {
        for (path, text) in try Self.files(below: "Sources") + Self.files(below: "Tests") {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 401, "\(path) has \(lines) lines: two rooms in one?")
        }
    }
}
