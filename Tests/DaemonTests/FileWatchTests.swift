import Dispatch
import Platform
import TestSupport
import Testing

@testable import Daemon

struct FileWatchTests {
    private func change(_ path: String, _ text: String) throws {
        try WholeFile.write(Array(text.utf8), to: path)
    }

    /// Renewed after it was read, and before it was watched.
    @Test(.timeLimit(.minutes(1))) func whatChangedSinceItWasReadIsNoticed() throws {
        let directory = try TemporaryDirectory()
        let file = directory.appending("file")
        try change(file, "read")
        let seen = [FileIdentity(ofFile: file)]
        try change(file, "renewed")
        let (changed, looked) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let watch = FileWatch([file], seen: seen) {
            looked.signal()
        } changed: {
            changed.signal()
        }
        watch.look()
        changed.wait()
        looked.wait()
        // Once.
        watch.look()
        looked.wait()
        #expect(changed.wait(timeout: .now()) == .timedOut)
    }

    @Test(.timeLimit(.minutes(1))) func whatHasNotChangedIsNot() throws {
        let directory = try TemporaryDirectory()
        let file = directory.appending("file")
        try change(file, "read")
        let (changed, looked) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let watch = FileWatch([file], seen: [FileIdentity(ofFile: file)]) {
            looked.signal()
        } changed: {
            changed.signal()
        }
        watch.look()
        looked.wait()
        #expect(changed.wait(timeout: .now()) == .timedOut)
        try change(file, "renewed")
        watch.look()
        changed.wait()
    }
}
