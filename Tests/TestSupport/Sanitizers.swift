import Foundation

/// The address and the thread sanitizer, which `Tests/sanitize.sh` runs the tests under.
package enum Sanitizers {
    /// Where they are told to write what they find; daemons that the tests start are told, too.
    package static let options: Set<String> = ["ASAN_OPTIONS", "TSAN_OPTIONS"]

    /// Whether one watches this run: memory is then no measure of anything.
    package static let areOn = !options.isDisjoint(with: ProcessInfo.processInfo.environment.keys)
}
