import Glibc
import Platform
import TestSupport
import Testing

/// Other programs: what they get, what they may do, and how they end.
struct ChildProcessTests {
    private func shell(
        _ script: String,
        input: String = "",
        limit: Int = 1 << 20,
        timeout: Duration = .seconds(60),
        isCancelled: () -> Bool = { false }
    ) throws(ChildProcess.Failure) -> ChildProcess.Output {
        try ChildProcess.run(
            "sh",
            ["-c", script],
            input: Array(input.utf8),
            limit: limit,
            timeout: timeout,
            isCancelled: isCancelled
        )
    }

    @Test func inputOutputAndStatus() throws {
        let output = try shell("cat; echo oops >&2; exit 3", input: "hello")
        #expect(String(decoding: output.out, as: UTF8.self) == "hello")
        #expect(String(decoding: output.err, as: UTF8.self) == "oops\n")
        #expect(output.status == 3)
        #expect(try shell("kill -TERM $$").status == -SIGTERM)
        #expect(try shell("exec >&-; exec 2>&-; exit 4").status == 4)
        let large = try shell("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2")
        #expect(large.out.count == 300_000 && large.err.count == 300_000)
        // Whoever reads nothing breaks nothing.
        #expect(try shell("exit 0", input: String(repeating: "x", count: 1 << 20)).status == 0)
    }

    @Test func argumentsAreNoShellsWords() throws {
        let output = try ChildProcess.run(
            "printf",
            ["%s|", "$(id)", "a b"],
            input: [],
            limit: 100,
            timeout: .seconds(60)
        )
        #expect(String(decoding: output.out, as: UTF8.self) == "$(id)|a b|")
    }

    @Test func oneThatIsNotThere() throws {
        let error = #expect(throws: ChildProcess.Failure.self) {
            try ChildProcess.run("no-such-program-here", [], input: [], limit: 10, timeout: .seconds(60))
        }
        guard case .system(let error)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error.isNotFound)
    }

    @Test func tooLongAndTooMuch() throws {
        #expect(throws: ChildProcess.Failure.timeout) { try shell("sleep 600", timeout: .milliseconds(100)) }
        #expect(throws: ChildProcess.Failure.tooMuchOutput) { try shell("yes", limit: 1000) }
        #expect(throws: ChildProcess.Failure.tooMuchOutput) { try shell("yes >&2", limit: 1000) }
        #expect(throws: ChildProcess.Failure.tooMuchOutput) { try shell("echo 12345", limit: 5) }
        #expect(try shell("echo 12345", limit: 6).out.count == 6)
        #expect(throws: ChildProcess.Failure.cancelled) { try shell("sleep 600", isCancelled: { true }) }
    }

    /// What it leaves running holds nobody up, and what is killed takes its children along.
    @Test func childrenOfTheChild() throws {
        #expect(try shell("sleep 600 & echo $!").status == 0)
        let directory = try TemporaryDirectory()
        let file = directory.appending("pid")
        #expect(throws: ChildProcess.Failure.timeout) {
            try shell("sleep 600 & echo $! > \(file); wait", timeout: .seconds(1))
        }
        let text = String(decoding: try WholeFile.read(file, limit: 100), as: UTF8.self)
        let child = try #require(Int32(text.prefix { $0.isNumber }))
        // A signal is delivered when its process next runs: the kernel says nothing of when.
        let patience = ContinuousClock.now.advanced(by: .seconds(60))
        while isRunning(child), ContinuousClock.now < patience { usleep(1000) }
        #expect(!isRunning(child))
    }

    /// Whether it is there and no zombie, which nobody but init can bury.
    private func isRunning(_ process: Int32) -> Bool {
        guard let state = try? WholeFile.read("/proc/\(process)/stat", limit: 4096) else { return false }
        return !String(decoding: state, as: UTF8.self).contains(") Z ")
    }

    @Test func signalsAreAsAFreshProcessHasThem() throws {
        Signals.ignoreBrokenPipes()
        var blocked = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGTERM)
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let output = try shell("grep -E '^Sig(Blk|Ign)' /proc/self/status")
        let lines = String(decoding: output.out, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines {
            let mask = try #require(UInt64(line.suffix(16), radix: 16))
            // Signals 32 and 33 are the C library's own, which lets nobody change them.
            #expect(mask & ~0x1_8000_0000 == 0, "\(line)")
        }
    }

    @Test func nothingOpenIsInherited() throws {
        let file = try FileDescriptor.open("/dev/null", .readOnly)
        let output = try shell("ls /proc/self/fd")
        // The three streams, and the directory that is listed.
        #expect(String(decoding: output.out, as: UTF8.self) == "0\n1\n2\n3\n")
        #expect(file.number > 2)
    }
}
