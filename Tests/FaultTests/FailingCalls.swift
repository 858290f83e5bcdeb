import Foundation
import TestSupport

/// A library that is loaded before the C library and fails one of a process's calls on a volume.
///
/// It counts the calls that concern files below a directory, in the order in which the threads make them, and fails the
/// nth: nothing else in the process notices. What happened stands in a file that outlives the process.
struct FailingCalls {
    /// What the process has done and what befell it.
    struct Report {
        /// How many calls on the volume were made.
        let calls: Int
        /// The call that failed first, with its path; empty where none did.
        let failed: String
    }

    /// Which calls fail.
    enum Extent: String {
        /// The nth alone.
        case once
        /// The nth and all after it that take room: a disk that stays full.
        case full
    }

    private let library: String
    private let report: String

    init(in directory: TemporaryDirectory) throws {
        library = directory.appending("faults.so")
        report = directory.appending("faults.report")
        let source = directory.appending("faults.c")
        try Self.source.write(toFile: source, atomically: true, encoding: .utf8)
        // The compiler that comes with Swift.
        try Command.run("clang", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"])
    }

    /// The environment of a process whose `number`th call below `volume` fails with `code`; none for 0.
    func environment(failing number: Int, with code: Int32, _ extent: Extent, below volume: String) throws
        -> [String: String]
    {
        try Data(count: 1024).write(to: URL(fileURLWithPath: report))
        return [
            "LD_PRELOAD": library, "FAULT_ROOT": volume, "FAULT_CALL": "\(number)", "FAULT_CODE": "\(code)",
            "FAULT_FULL": extent == .full ? "1" : "", "FAULT_REPORT": report, "SWIFT_BACKTRACE": "enable=no",
        ]
    }

    func read() throws -> Report {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: report)))
        let calls = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        return Report(calls: calls, failed: String(decoding: bytes.dropFirst(8).prefix { $0 != 0 }, as: UTF8.self))
    }

    private static let source = #"""
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdarg.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <sys/types.h>
        #include <sys/uio.h>
        #include <unistd.h>

        // What the test reads: how many calls there were, and which one failed.
        struct report { uint64_t calls; char failed[1016]; };
        static struct report *report;
        static const char *root;
        static size_t length;
        static uint64_t target;
        static int code, full;

        __attribute__((constructor)) static void begin(void) {
            const char *file = getenv("FAULT_REPORT");
            root = getenv("FAULT_ROOT");
            if (!file || !root) return;
            length = strlen(root);
            target = strtoull(getenv("FAULT_CALL"), NULL, 10);
            code = atoi(getenv("FAULT_CODE"));
            full = *getenv("FAULT_FULL") != 0;
            int descriptor = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR, 0);
            void *memory = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
            if (memory != MAP_FAILED) report = memory;
        }

        enum kind { TAKES_ROOM, OTHER };

        // Whether the call has to fail: `path` is absolute, relative to `directory`, or NULL for the descriptor itself.
        static int fails(const char *call, enum kind kind, int directory, const char *path) {
            if (!report) return 0;
            int saved = errno;
            char name[4096];
            if (path && *path == '/') {
                snprintf(name, sizeof name, "%s", path);
            } else {
                char link[64];
                snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
                ssize_t count = syscall(SYS_readlinkat, AT_FDCWD, link, name, 2048);
                if (count < 0) { errno = saved; return 0; }
                name[count] = 0;
                if (path) snprintf(name + count, sizeof name - (size_t)count, "/%s", path);
            }
            errno = saved;
            if (strncmp(name, root, length)) return 0;
            uint64_t number = __atomic_add_fetch(&report->calls, 1, __ATOMIC_SEQ_CST);
            if (!target || number < target || (number > target && !(full && kind == TAKES_ROOM))) return 0;
            if (number == target) snprintf(report->failed, sizeof report->failed, "%s %s", call, name + length);
            errno = code;
            return 1;
        }

        #define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
        #define PLAIN(result, name, kind, directory, path, parameters, arguments) \
            result name parameters { \
                static __typeof__(&name) real; \
                if (!real) real = REAL(name); \
                return fails(#name, kind, directory, path) ? -1 : real arguments; \
            }
        #define OPEN(name, kind, directory, parameters, ...) \
            int name parameters { \
                static __typeof__(&name) real; \
                if (!real) real = REAL(name); \
                va_list list; \
                va_start(list, flags); \
                mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
                va_end(list); \
                if (fails(#name, flags & O_CREAT ? TAKES_ROOM : OTHER, directory, path)) return -1; \
                return real(__VA_ARGS__, flags, mode); \
            }
        OPEN(open, kind, AT_FDCWD, (const char *path, int flags, ...), path)
        OPEN(open64, kind, AT_FDCWD, (const char *path, int flags, ...), path)
        OPEN(openat, kind, directory, (int directory, const char *path, int flags, ...), directory, path)
        OPEN(openat64, kind, directory, (int directory, const char *path, int flags, ...), directory, path)

        PLAIN(ssize_t, read, OTHER, f, NULL, (int f, void *b, size_t n), (f, b, n))
        PLAIN(ssize_t, pread, OTHER, f, NULL, (int f, void *b, size_t n, off_t o), (f, b, n, o))
        PLAIN(ssize_t, pread64, OTHER, f, NULL, (int f, void *b, size_t n, off64_t o), (f, b, n, o))
        PLAIN(ssize_t, write, TAKES_ROOM, f, NULL, (int f, const void *b, size_t n), (f, b, n))
        PLAIN(ssize_t, pwrite, TAKES_ROOM, f, NULL, (int f, const void *b, size_t n, off_t o), (f, b, n, o))
        PLAIN(ssize_t, pwrite64, TAKES_ROOM, f, NULL, (int f, const void *b, size_t n, off64_t o), (f, b, n, o))
        PLAIN(ssize_t, writev, TAKES_ROOM, f, NULL, (int f, const struct iovec *b, int n), (f, b, n))
        PLAIN(int, fsync, OTHER, f, NULL, (int f), (f))
        PLAIN(int, fdatasync, OTHER, f, NULL, (int f), (f))
        PLAIN(int, ftruncate, TAKES_ROOM, f, NULL, (int f, off_t n), (f, n))
        PLAIN(int, ftruncate64, TAKES_ROOM, f, NULL, (int f, off64_t n), (f, n))
        PLAIN(int, fallocate, TAKES_ROOM, f, NULL, (int f, int m, off_t o, off_t n), (f, m, o, n))
        PLAIN(int, fallocate64, TAKES_ROOM, f, NULL, (int f, int m, off64_t o, off64_t n), (f, m, o, n))
        PLAIN(int, rename, OTHER, AT_FDCWD, a, (const char *a, const char *b), (a, b))
        PLAIN(int, renameat, OTHER, d, a, (int d, const char *a, int e, const char *b), (d, a, e, b))
        PLAIN(int, linkat, TAKES_ROOM, e, b, (int d, const char *a, int e, const char *b, int m), (d, a, e, b, m))
        PLAIN(int, symlinkat, TAKES_ROOM, d, b, (const char *a, int d, const char *b), (a, d, b))
        PLAIN(int, mkdir, TAKES_ROOM, AT_FDCWD, a, (const char *a, mode_t m), (a, m))
        PLAIN(int, mkdirat, TAKES_ROOM, d, a, (int d, const char *a, mode_t m), (d, a, m))
        PLAIN(int, unlink, OTHER, AT_FDCWD, a, (const char *a), (a))
        PLAIN(int, unlinkat, OTHER, d, a, (int d, const char *a, int m), (d, a, m))
        PLAIN(int, rmdir, OTHER, AT_FDCWD, a, (const char *a), (a))

        // openat2(2) and syncfs(2) are called by their numbers.
        long syscall(long number, ...) {
            static long (*real)(long, ...);
            if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
            va_list list;
            va_start(list, number);
            long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
            long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
            va_end(list);
            if (number == SYS_openat2) {
                enum kind kind = *(uint64_t *)c & O_CREAT ? TAKES_ROOM : OTHER;
                if (fails("openat2", kind, (int)a, (const char *)b)) return -1;
            }
            if (number == SYS_syncfs && fails("syncfs", OTHER, (int)a, NULL)) return -1;
            return real(number, a, b, c, d, e, f);
        }
        """#
}
