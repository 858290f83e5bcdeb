import Foundation
import TestSupport

/// A library that counts the allocations of the process it is loaded into, in a file that others can read meanwhile.
///
/// OpenSSL's own are left out: it takes and gives back its buffers with each record (`SSL_MODE_RELEASE_BUFFERS`), so that a
/// connection that waits holds none.
struct AllocationCounter {
    private let directory: TemporaryDirectory
    private let file: String

    /// The environment that has a program loaded with it.
    let environment: [String: String]

    init() throws {
        directory = try TemporaryDirectory()
        file = directory.appending("count")
        let library = directory.appending("counter.so")
        try Command.run(
            "clang",
            ["-shared", "-fPIC", "-O1", "-x", "c", "-", "-o", library],
            input: Array(Self.source.utf8)
        )
        environment = ["LD_PRELOAD": library, "COUNT_FILE": file]
    }

    /// Allocations so far.
    func count() throws -> Int {
        try Data(contentsOf: URL(fileURLWithPath: file)).withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    }

    /// The C library's own names for what it does: only what comes from outside is counted, and once.
    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdatomic.h>
        #include <stddef.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <unistd.h>

        extern void *__libc_malloc(size_t);
        extern void *__libc_calloc(size_t, size_t);
        extern void *__libc_realloc(void *, size_t);
        extern void *__libc_memalign(size_t, size_t);

        static _Atomic unsigned long early;
        static _Atomic unsigned long *counter = &early;

        __attribute__((constructor)) static void open_counter(void) {
            const char *path = getenv("COUNT_FILE");
            int file = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
            if (file < 0 || ftruncate(file, 8) != 0) abort();
            void *place = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            close(file);
            if (place == MAP_FAILED) abort();
            counter = place;
        }

        static void count(void *caller) {
            Dl_info info;
            if (!dladdr(caller, &info) || !info.dli_fname) return;
            if (strstr(info.dli_fname, "libcrypto") || strstr(info.dli_fname, "libssl")) return;
            atomic_fetch_add(counter, 1);
        }
        #define COUNT count(__builtin_return_address(0))

        void *malloc(size_t size) { COUNT; return __libc_malloc(size); }
        void *calloc(size_t number, size_t size) { COUNT; return __libc_calloc(number, size); }
        void *realloc(void *old, size_t size) { COUNT; return __libc_realloc(old, size); }
        void *memalign(size_t to, size_t size) { COUNT; return __libc_memalign(to, size); }
        void *aligned_alloc(size_t to, size_t size) { COUNT; return __libc_memalign(to, size); }
        int posix_memalign(void **result, size_t to, size_t size) {
            COUNT;
            *result = __libc_memalign(to, size);
            return *result ? 0 : ENOMEM;
        }

        """
}
