internal import CPlatform
internal import Glibc

/// A set of descriptors and the events awaited on them (`epoll(7)`), level-triggered.
///
/// The set itself may be changed from any thread; ``wait(milliseconds:)`` and the results of it belong to one.
package final class Epoll: @unchecked Sendable {
    /// What is awaited, or has happened.
    package struct Events: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        package static func == (one: Events, other: Events) -> Bool { one.rawValue == other.rawValue }

        /// Whether any of `others` is among these. (`isDisjoint(with:)`, like `OptionSet`'s `==`, is not
        /// specialised across modules.)
        package func intersects(_ others: Events) -> Bool { rawValue & others.rawValue != 0 }

        package static let readable = Events(rawValue: EPOLLIN.rawValue)
        package static let writable = Events(rawValue: EPOLLOUT.rawValue)
        /// The connection is broken; always reported.
        package static let failed = Events(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
    }

    private let descriptor: FileDescriptor
    private let results: UnsafeMutablePointer<epoll_event>
    private let capacity: Int32

    /// - Parameter capacity: How many events one wait returns at most.
    package init(capacity: Int32 = 256) throws(SystemError) {
        descriptor = FileDescriptor(owning: try systemCall("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
        self.capacity = max(1, capacity)
        results = .allocate(capacity: Int(self.capacity))
    }

    deinit {
        results.deallocate()
    }

    /// Adds `number` to the set; `token` comes back with its events.
    package func add(_ number: Int32, _ events: Events, token: UInt64) throws(SystemError) {
        _ = try systemCall("epoll_ctl") {
            specman_epoll_control(descriptor.number, EPOLL_CTL_ADD, number, events.rawValue, token)
        }
    }

    /// Changes what is awaited on `number`.
    package func modify(_ number: Int32, _ events: Events, token: UInt64) throws(SystemError) {
        _ = try systemCall("epoll_ctl") {
            specman_epoll_control(descriptor.number, EPOLL_CTL_MOD, number, events.rawValue, token)
        }
    }

    /// Takes `number` out of the set. (Closing it does so, too.)
    package func remove(_ number: Int32) throws(SystemError) {
        _ = try systemCall("epoll_ctl") {
            specman_epoll_control(descriptor.number, EPOLL_CTL_DEL, number, 0, 0)
        }
    }

    /// Waits until something happens, or `milliseconds` have passed (-1: for ever).
    ///
    /// - Returns: How many events can be read by ``token(at:)`` and ``events(at:)``; 0 after a signal or the time.
    package func wait(milliseconds: Int32) throws(SystemError) -> Int {
        let count = epoll_wait(descriptor.number, results, capacity, milliseconds)
        if count >= 0 { return Int(count) }
        let code = errno
        if code == EINTR { return 0 }
        throw SystemError(call: "epoll_wait", code: code)
    }

    /// The token of the event at `index`, below what the last wait returned.
    package func token(at index: Int) -> UInt64 {
        specman_event_data(results, Int32(truncatingIfNeeded: index))
    }

    /// What happened in the event at `index`.
    package func events(at index: Int) -> Events {
        Events(rawValue: specman_event_kinds(results, Int32(truncatingIfNeeded: index)))
    }
}
