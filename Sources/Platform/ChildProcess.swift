internal import CPlatform
internal import Glibc

/// Another program, run to its end: no shell, an end in time, and no more output than was said.
///
/// C functions: `posix_spawnp(3)`, `waitpid(2)`, `poll(2)`.
package enum ChildProcess {
    /// How it ended, and what it wrote.
    package struct Output: Sendable {
        /// The exit status; minus the signal where one ended it.
        package let status: Int32
        package let out: [UInt8]
        package let err: [UInt8]
    }

    /// Why there is no output.
    package enum Failure: Error, Hashable, Sendable {
        case system(SystemError)
        /// It was killed for taking longer than it may.
        case timeout
        case cancelled
        /// It was killed for writing more than it may.
        case tooMuchOutput
    }

    /// How long one wait lasts before cancellation and the process are looked at again, in milliseconds.
    private static let slice: Int32 = 20

    /// Runs `program`, found by the search path where its name has no slash, with this process's environment.
    ///
    /// It gets a process group of its own, signals as a fresh process has them (our threads block some, and SIGPIPE is
    /// ignored), and `input` on a standard input that ends behind it. It is killed with its group where it takes longer
    /// than `timeout`, writes more than `limit` bytes to either stream, or `isCancelled` says so.
    package static func run(
        _ program: String,
        _ arguments: [String],
        input: [UInt8],
        limit: Int,
        timeout: Duration,
        isCancelled: () -> Bool = { false }
    ) throws(Failure) -> Output {
        let end = ContinuousClock.now + timeout
        let streams: (out: Stream, err: Stream)
        let process: pid_t
        do throws(SystemError) {
            streams = (try Stream(), try Stream())
            // A file in memory takes any input at once, and can't break as a pipe does.
            let source = FileDescriptor(owning: try systemCall("memfd_create") { specman_memory_file("input") })
            try source.write(input.span.bytes)
            let number = source.number
            _ = try systemCall("lseek") { lseek(number, 0, SEEK_SET) }
            process = try spawn(program, arguments, [number, streams.out.writer, streams.err.writer])
        } catch {
            throw .system(error)
        }
        streams.out.closeWriter()
        streams.err.closeWriter()
        var status: Int32 = 0
        while waitpid(process, &status, WNOHANG) == 0 {
            let failure: Failure? =
                if isCancelled() { .cancelled } else if ContinuousClock.now >= end { .timeout } else {
                    streams.out.collect(limit) && streams.err.collect(limit) ? nil : .tooMuchOutput
                }
            if let failure {
                // Its own children, too: they may hold what a user is waiting for.
                _ = kill(-process, SIGKILL)
                _ = waitpid(process, &status, 0)
                throw failure
            }
            Stream.wait(streams.out, streams.err, milliseconds: slice)
        }
        guard streams.out.collect(limit), streams.err.collect(limit) else { throw .tooMuchOutput }
        return Output(status: specman_exit_status(status), out: streams.out.bytes, err: streams.err.bytes)
    }

    private static func spawn(
        _ program: String,
        _ arguments: [String],
        _ descriptors: [Int32]
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (target, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
        }
        // Libraries of ours may have opened something without O_CLOEXEC.
        _ = specman_spawn_close_from(&actions, Int32(descriptors.count))
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var texts = ([program] + arguments).map { strdup($0) }
        defer { for text in texts { free(text) } }
        texts.append(nil)
        var process: pid_t = 0
        // The error comes as the result, not in errno.
        let code = posix_spawnp(&process, program, &actions, &attributes, texts, environ)
        guard code == 0 else { throw SystemError(call: "posix_spawnp", subject: program, code: code) }
        return process
    }
}

/// What a child writes to one of its streams, as far as it has been read.
private final class Stream {
    private let reader: FileDescriptor
    private var end: FileDescriptor?
    private(set) var bytes: [UInt8] = []
    private var isOpen = true

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        _ = try systemCall("pipe2") { specman_pipe(&ends) }
        reader = FileDescriptor(owning: ends[0])
        let writer = FileDescriptor(owning: ends[1])
        // Only our end doesn't block: programs don't expect it of theirs.
        let number = writer.number
        _ = try systemCall("fcntl") { specman_set_blocking(number) }
        end = consume writer
    }

    /// The child's end, for the length of the spawning.
    var writer: Int32 { end?.number ?? -1 }

    func closeWriter() { end = nil }

    /// Reads what is there.
    ///
    /// - Returns: `false` where it is more than `limit` bytes in all.
    func collect(_ limit: Int) -> Bool {
        while isOpen {
            do throws(SystemError) {
                let part = try reader.read(upTo: 16 << 10)
                if part.isEmpty { isOpen = false }
                guard part.count <= limit - bytes.count else { return false }
                bytes += part
            } catch {
                // Nothing there yet; a pipe has no other errors.
                return true
            }
        }
        return true
    }

    /// Waits until there is something to read, or the time is up.
    static func wait(_ out: Stream, _ err: Stream, milliseconds: Int32) {
        var polled = [out, err].filter(\.isOpen).map {
            pollfd(fd: $0.reader.number, events: Int16(POLLIN), revents: 0)
        }
        _ = poll(&polled, nfds_t(polled.count), milliseconds)
    }
}
