// Linux calls that Glibc's module doesn't show to Swift: macros, variadic functions, newer system calls.
// _GNU_SOURCE stays undefined: Swift's own Glibc module is built without it, and structures would differ.
#ifndef SPECMAN_CPLATFORM_SHIM_H
#define SPECMAN_CPLATFORM_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

// open(2) and openat(2) are variadic in C.
static inline int specman_open(const char *path, int flags, mode_t mode) {
    return open(path, flags, mode);
}

static inline int specman_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}

// openat2(2) has no wrapper in the C library.
static inline int specman_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// preadv2(2) with RWF_NOWAIT: EAGAIN where the bytes are not in the page cache.
static inline ssize_t specman_pread_nowait(int descriptor, void *buffer, size_t count, off_t offset) {
    struct iovec part = {.iov_base = buffer, .iov_len = count};
    return syscall(SYS_preadv2, descriptor, &part, 1, (long)offset, 0L, RWF_NOWAIT);
}

// syncfs(2) is declared for _GNU_SOURCE only.
static inline int specman_syncfs(int descriptor) {
    return (int)syscall(SYS_syncfs, descriptor);
}

// flock(2): a lock that the kernel takes back with the last descriptor, so also after a kill.
static inline int specman_lock_exclusively(int descriptor) {
    return flock(descriptor, LOCK_EX | LOCK_NB);
}

#endif
