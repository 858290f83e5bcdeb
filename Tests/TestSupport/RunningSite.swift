package import Foundation

/// A daemon on a volume of its own, as curl sees it.
package struct RunningSite {
    package let daemon: DaemonProcess
    package let volume: String
    package let port: Int

    /// Starts a daemon that listens on ports of the system's choice.
    ///
    /// - Parameters:
    ///   - source: the lines of the `source` section, without indentation.
    ///   - storage: further lines of the `storage` section.
    ///   - volume: the volume of an earlier daemon; `nil` for a new one.
    ///   - environment: variables beside the standard ones.
    ///   - program: the specman to run.
    package init(
        source: [String],
        storage: [String] = [],
        listener: [String] = [],
        log: [String] = [],
        volume: String? = nil,
        environment: [String: String] = [:],
        program: URL = DaemonProcess.executable,
        in directory: TemporaryDirectory
    ) throws {
        let volume = volume ?? directory.appending("volume-" + UUID().uuidString)
        self.volume = volume
        daemon = try DaemonProcess(
            configuration: Self.configuration(
                source: source,
                storage: storage + ["directory: \(volume)"],
                listener: ["address: 127.0.0.1:0"] + listener,
                log: log
            ),
            in: directory,
            environment: environment,
            program: program
        )
        port = try daemon.port()
    }

    /// The text of a configuration file with these lines in its sections.
    package static func configuration(
        source: [String],
        storage: [String],
        listener: [String],
        log: [String] = []
    ) -> String {
        let sections = [
            ("source", source), ("storage", storage), ("listener", listener), ("management", ["address: 127.0.0.1:0"]),
            ("log", log),
        ]
        return sections.filter { !$0.1.isEmpty }
            .map { name, lines in name + ":\n" + lines.map { "  " + $0 + "\n" }.joined() }
            .joined()
    }

    package var url: String { "https://127.0.0.1:\(port)" }
    /// What clients trust: the self-signed certificate, unless a test has the site show another one.
    package var certificateFile: String { authorityFile ?? volume + "/tls/tls.crt" }
    package var authorityFile: String?

    /// One curl, which fails on an answer of 400 and above.
    package func get(_ path: String, _ arguments: [String] = []) throws -> Command.Output {
        try Command.run("curl", common + arguments + [url + path])
    }

    /// The status of an answer.
    package func status(_ path: String, _ arguments: [String] = []) throws -> Int {
        let arguments = ["-sS", "--cacert", certificateFile, "-o", "/dev/null", "-w", "%{http_code}"] + arguments
        return Int(try Command.run("curl", arguments + [url + path]).text) ?? 0
    }

    /// Fetches all `paths` with one curl into `directory`, each under its own name.
    package func getAll(_ paths: [[UInt8]], into directory: String) throws {
        var list = ""
        for path in paths {
            list += "url = \"\(url)/\(Self.encoded(path))\"\n"
            list += "output = \"\(directory)/\(String(decoding: path, as: UTF8.self).replacing("\"", with: "\\\""))\"\n"
        }
        try Command.run("curl", common + ["--create-dirs", "--path-as-is", "-K", "-"], input: Array(list.utf8))
    }

    /// The sum of all metrics whose line begins with `name`, as the management port has them now.
    package func metric(_ name: String) throws -> Int { try metrics(name, name).0 }

    /// Two such sums of one moment: between two scrapes the daemon goes on.
    package func metrics(_ one: String, _ other: String) throws -> (Int, Int) {
        let text = try Command.run("curl", ["-sSf", "http://127.0.0.1:\(try daemon.port(of: "http"))/metrics"]).text
        let lines = text.split(separator: "\n")
        func sum(_ name: String) -> Int {
            lines.filter { $0.hasPrefix(name) }
                .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
        }
        return (sum(one), sum(other))
    }

    /// Waits, for at most a minute, until that metric is `value` or more.
    package func wait(until name: String, isAtLeast value: Int) throws {
        let patience = Date(timeIntervalSinceNow: 60)
        while try metric(name) < value {
            guard Date() < patience else { throw DaemonProcess.Impatience(description: "\(name) never was \(value)") }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    /// The entity tag of an answer.
    package func etag(of path: String) throws -> String? {
        let head = try get(path, ["-I"]).text
        return head.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix("etag: ") }
            .map { String($0.dropFirst(6)) }
    }

    private var common: [String] { ["-sSf", "--cacert", certificateFile] }

    /// Percent-encoded but for what RFC 3986 leaves unreserved, and slashes.
    package static func encoded(_ path: [UInt8]) -> String {
        path.map { byte in
            let scalar = Character(UnicodeScalar(byte))
            if scalar.isASCII, scalar.isLetter || scalar.isNumber || "-._~/".contains(scalar) { return String(scalar) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

/// Trees of files, as the tests compare them.
package enum Tree {
    /// The paths of all regular files and of links to them, relative to `root`; links to directories are followed.
    package static func files(below root: String) throws -> [String] {
        let output = try Command.run("find", ["-L", ".", "-type", "f", "-printf", "%P\\n"], directory: root)
        return output.text.split(separator: "\n").map(String.init).sorted()
    }

    /// The links below `root` that lead outside it.
    package static func escapingLinks(below root: String) throws -> [String] {
        let output = try Command.run("find", [".", "-type", "l", "-printf", "%P\\t%l\\n"], directory: root)
        return output.text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return nil }
            var depth = parts[0].split(separator: "/").count - 1
            guard !parts[1].hasPrefix("/") else { return parts[0] }
            for component in parts[1].split(separator: "/") where component != "." {
                depth += component == ".." ? -1 : 1
                if depth < 0 { return parts[0] }
            }
            return nil
        }
    }

    /// What differs between the files of two directories; empty where they are equal.
    package static func differences(_ paths: [String], _ left: String, _ right: String) -> [String] {
        paths.filter { path in
            // Links are followed: what counts is what somebody reads there.
            let one = FileManager.default.contents(atPath: left + "/" + path)
            return one == nil || one != FileManager.default.contents(atPath: right + "/" + path)
        }
    }

    /// Packs `directory` with GNU tar as the guide has it: from inside, names beginning with `./`.
    package static func pack(_ directory: String, to archive: String, excluding: [String] = []) throws {
        try Command.run(
            "tar",
            ["-czf", archive, "--anchored"] + excluding.map { "--exclude=./" + $0 } + ["."],
            directory: directory
        )
    }

    /// Writes files given by path and content.
    package static func write(_ files: [String: String], to directory: String) throws {
        for (path, content) in files {
            let url = URL(fileURLWithPath: directory + "/" + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try content.write(to: url, atomically: false, encoding: .utf8)
        }
    }
}
