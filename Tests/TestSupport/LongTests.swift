import Foundation

/// Tests that take minutes: soaks, long rounds of faults. `Tests/run.sh --long` runs them, too.
package enum LongTests {
    /// For `.enabled(if:)`, and for the number of rounds of a test that has a short form.
    package static let areWanted = ProcessInfo.processInfo.environment["SPECMAN_TEST_LONG"] == "1"
}
