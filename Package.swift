// swift-tools-version: 6.2

import PackageDescription

/// What every Swift target is compiled with: Swift 6 mode, no warning left standing.
let common: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// The rooms: every use of an unsafe construct has to say so.
let strict = common + [.strictMemorySafety()]

/// One C library, one wrapper: only there may memory be handled by hand without a word on each line.
let wrapper = common

func room(_ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = strict) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies + ["TestSupport"],
        swiftSettings: common
    )
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

let stages: [Target.Dependency] = [
    "Archive", "Checks", "Content", "HTTP", "Listener", "OpenSSL", "Platform", "Registry", "Serving", "Store",
]

let package = Package(
    name: "specman",
    products: [
        .executable(name: "specman", targets: ["specman"]),
        .executable(name: "benchmark", targets: ["Benchmark"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // C libraries: module maps and static-inline shims, no logic.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CPlatform"),

        // Their wrappers.
        room("Platform", ["CPlatform"], settings: wrapper),
        room("OpenSSL", ["COpenSSL"], settings: wrapper),
        room("Zlib", ["CZlib"], settings: wrapper),
        room("Curl", ["CCurl", "Platform"], settings: wrapper),
        // Yams brings libyaml along, as the module CYaml.
        room("YAML", [yams], settings: wrapper),
        // GRDB brings SQLite along, as the module GRDBSQLite.
        room("SQLite", ["Platform", grdb, .product(name: "GRDBSQLite", package: "GRDB.swift")], settings: wrapper),

        // The rooms, in the order in which the bytes pass through them.
        room("Content", []),
        room("HTTP", ["Content"]),
        room("Registry", ["Content", "Curl", "OpenSSL", "Platform"]),
        room("Archive", ["Content", "Zlib"]),
        room("Checks", ["Content", "YAML"]),
        room("Store", ["Content", "OpenSSL", "Platform", "SQLite", grdb]),
        room("Serving", ["Content", "HTTP", "Store", "Zlib"]),
        room("Listener", ["HTTP", "OpenSSL", "Platform"]),
        // Beside their way: what Palette is told.
        room("Palette", ["Content", "Curl"]),
        room("Daemon", stages + ["Curl", logging, yams]),
        .executableTarget(
            name: "specman",
            dependencies: ["Content", "Daemon", "Palette", argumentParser],
            swiftSettings: strict
        ),

        // Tests, beside each target and across them.
        .target(
            name: "TestSupport",
            dependencies: ["COpenSSL", "Content", "Platform"],
            path: "Tests/TestSupport",
            swiftSettings: common
        ),
        .target(
            name: "FuzzTargets",
            dependencies: ["Archive", "Checks", "Content", "Curl", "HTTP", "OpenSSL", "Registry", "Zlib"],
            path: "Tests/FuzzTargets",
            swiftSettings: common
        ),
        tests("FuzzTests", ["FuzzTargets"]),
        // Against nginx, tar and others: Tests/benchmark.sh.
        .executableTarget(
            name: "Benchmark",
            dependencies: ["Archive", "Content", "COpenSSL", "Listener", "Platform", "TestSupport", argumentParser],
            path: "Tests/Benchmark",
            // What the last whole run has found.
            exclude: ["RESULTS.md", "growth.svg", "results.json"],
            swiftSettings: common
        ),
        tests("TestSupportTests", []),
        tests("ContentTests", ["Content"]),
        tests("PlatformTests", ["Platform"]),
        tests("OpenSSLTests", ["OpenSSL", "COpenSSL"]),
        tests("SQLiteTests", ["SQLite", grdb]),
        tests("CurlTests", ["Curl", "Platform"]),
        tests("HTTPTests", ["HTTP", "Content"]),
        tests("RegistryTests", ["Registry", "Content", "Platform"]),
        tests("ArchiveTests", ["Archive", "Content", "Zlib"]),
        tests("ChecksTests", ["Checks", "Content", "YAML"]),
        tests("StoreTests", ["Store", "Content", "Platform", grdb]),
        tests("ServingTests", ["Serving", "Content", "HTTP", "Store", "Platform"]),
        tests("ListenerTests", ["Listener", "HTTP", "OpenSSL", "Platform"]),
        tests("PaletteTests", ["Palette", "Content", "Curl"]),
        tests("DaemonTests", stages + ["Curl", "Daemon", logging, grdb]),
        tests("IntegrationTests", stages + ["Daemon", "Curl"]),
        tests("InteropTests", stages + ["Daemon", "Curl"]),
        tests("FaultTests", stages + ["Daemon", "Curl"]),
        tests("CountTests", ["specman"]),
        tests("ConventionTests", []),
    ]
)

// libFuzzer brings a `main` of its own and needs a compiler flag for every module: only `Tests/fuzz.sh` asks for that.
if Context.environment["SPECMAN_FUZZ"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: ["FuzzTargets"],
            path: "Tests/Fuzz",
            swiftSettings: common + [.unsafeFlags(["-parse-as-library"])]
        )
    )
}
