import Dispatch
import Foundation
import Registry
import Testing

@Suite("A cancellation")
struct CancellationTests {
    /// Ends only a wait that should have ended before.
    private static let patience = Duration.seconds(60)

    @Test("Nothing is cancelled before it is")
    func begins() {
        let cancellation = Cancellation()
        #expect(!cancellation.isCancelled)
        #expect(!cancellation.wait(.zero))
        #expect(!cancellation.isCancelled)
    }

    @Test("It stays cancelled, whoever asks and waits, and however often")
    func stays() {
        let cancellation = Cancellation()
        cancellation.cancel()
        for _ in 0..<3 {
            #expect(cancellation.isCancelled)
            #expect(cancellation.wait(Self.patience))
        }
        cancellation.cancel()
        #expect(cancellation.isCancelled)
    }

    @Test("Who sleeps is woken, and so are all others")
    func wakes() {
        let cancellation = Cancellation()
        let woken = DispatchSemaphore(value: 0)
        for _ in 0..<2 {
            Thread.detachNewThread {
                if cancellation.wait(Self.patience) { woken.signal() }
            }
        }
        cancellation.cancel()
        for _ in 0..<2 { #expect(woken.wait(timeout: .now() + 120) == .success) }
    }
}
