import Foundation

/// What the tests use of PyPI's programs.
package enum PythonTools {
    /// The Python that has them: `Tests/run.sh` installs them and names it.
    package static var interpreter: String {
        ProcessInfo.processInfo.environment["SPECMAN_TEST_PYTHON"]
            ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".build/tools/bin/python").path
    }
}
