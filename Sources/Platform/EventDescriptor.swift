internal import CPlatform
internal import Glibc

/// A counter that one thread adds to and another one's ``Epoll`` set reports (`eventfd(2)`).
package final class EventDescriptor: Sendable {
    private let descriptor: FileDescriptor

    package init() throws(SystemError) {
        descriptor = FileDescriptor(
            owning: try systemCall("eventfd") { eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)) }
        )
    }

    /// The number to put into an ``Epoll`` set.
    package var number: Int32 { descriptor.number }

    /// Makes the descriptor readable.
    package func signal() {
        var one: UInt64 = 1
        // EAGAIN means that the counter is at its maximum, so the descriptor is readable already.
        _ = Glibc.write(descriptor.number, &one, 8)
    }

    /// Makes it unreadable until the next signal.
    package func clear() {
        var count: UInt64 = 0
        // EAGAIN means that nothing was signalled.
        _ = Glibc.read(descriptor.number, &count, 8)
    }
}
