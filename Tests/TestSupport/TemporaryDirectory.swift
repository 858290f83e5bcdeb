import Foundation

/// A directory of a test's own, removed with everything in it when the test lets go of it.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("specman-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        // What a test made unreadable stays behind; it can't make the test fail.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of `name` in the directory.
    package func appending(_ name: String) -> String { path + "/" + name }
}
