import Foundation
import TestSupport
import Testing

@Suite struct ProductionBuildTests {
    /// What runs in production is put on machines and into images where there is no Swift.
    @Test(.enabled(if: DaemonProcess.optimized != nil, "only where Tests/run.sh has built the optimized program"))
    func needsNoLibraryOfSwift() throws {
        let program = try #require(DaemonProcess.optimized).path
        let libraries = try Command.run("ldd", [program]).text.split(separator: "\n")
        #expect(libraries.contains { $0.contains("libssl") })
        let ofSwift = ["libswift", "Foundation", "libdispatch", "libBlocksRuntime"]
        #expect(libraries.filter { library in ofSwift.contains { library.contains($0) } } == [])
    }
}
