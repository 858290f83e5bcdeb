// Linux calls that Glibc's module doesn't show to Swift: macros, variadic functions, newer system calls.
// _GNU_SOURCE stays undefined: Swift's own Glibc module is built without it, and structures would differ.
#ifndef SPECMAN_CPLATFORM_SHIM_H
#define SPECMAN_CPLATFORM_SHIM_H

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/sockios.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// open(2) and openat(2) are variadic in C.
static inline int specman_open(const char *path, int flags, mode_t mode) {
    return open(path, flags, mode);
}

static inline int specman_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}

// O_DIRECT is declared for _GNU_SOURCE only, and differs between processors.
static inline int specman_direct(void) {
    return __O_DIRECT;
}

// openat2(2) has no wrapper in the C library.
static inline int specman_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// sched_getaffinity(2), whose wrapper is declared for _GNU_SOURCE only. Returns how many bytes of `set` were written.
static inline long specman_affinity(void *set, size_t size) {
    return syscall(SYS_sched_getaffinity, 0, size, set);
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

// sync_file_range(2) is declared for _GNU_SOURCE only; 2 is SYNC_FILE_RANGE_WRITE, which waits for nothing.
static inline int specman_start_writing(int descriptor, int64_t offset, int64_t count) {
    return (int)syscall(SYS_sync_file_range, descriptor, offset, count, 2U);
}

// flock(2): a lock that the kernel takes back with the last descriptor, so also after a kill.
static inline int specman_lock_exclusively(int descriptor) {
    return flock(descriptor, LOCK_EX | LOCK_NB);
}

// accept4(2) is declared only with _GNU_SOURCE; the peer's address comes back in `address`.
static inline int specman_accept(int socket, struct sockaddr_storage *address, socklen_t *length) {
    return (int)syscall(SYS_accept4, socket, (struct sockaddr *)address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// ioctl(2) is variadic; SIOCOUTQ (tcp(7)) counts what the peer has not acknowledged yet. -1 where it is not known.
static inline int specman_unacknowledged(int socket) {
    int count = 0;
    return ioctl(socket, SIOCOUTQ, &count) == 0 ? count : -1;
}

// epoll_event is a packed structure with a union, which Swift can't fill in one expression.
static inline int specman_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data = {.u64 = data}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

static inline uint32_t specman_event_kinds(const struct epoll_event *events, int index) {
    return events[index].events;
}

static inline uint64_t specman_event_data(const struct epoll_event *events, int index) {
    return events[index].data.u64;
}

// pipe2(2) and memfd_create(2) are declared for _GNU_SOURCE only.
static inline int specman_pipe(int ends[2]) {
    return (int)syscall(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK);
}

// malloc_trim(3) is the C library's own.
static inline void specman_give_back_memory(void) { malloc_trim(0); }

// fcntl(2) is variadic in C.
static inline int specman_set_blocking(int descriptor) {
    return fcntl(descriptor, F_SETFL, 0);
}

static inline int specman_memory_file(const char *name) {
    return (int)syscall(SYS_memfd_create, name, 1U /* MFD_CLOEXEC */);
}

// posix_spawn_file_actions_addclosefrom_np(3), of glibc 2.34 and later, is declared for _GNU_SOURCE only.
extern int specman_spawn_close_from(posix_spawn_file_actions_t *actions, int first)
    __asm__("posix_spawn_file_actions_addclosefrom_np");

// wait(2)'s macros: the exit status, or minus the signal that ended the process.
static inline int specman_exit_status(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// crypt_r(3): the hash of a phrase by the method and salt of another hash. Its structure is 32 KiB, too large for a
// small stack, and holds what the phrase leaves behind.
static inline int specman_crypt(const char *phrase, const char *setting, char *result, size_t size) {
    struct crypt_data *data = (struct crypt_data *)calloc(1, sizeof *data);
    if (data == NULL) return -1;
    const char *hash = crypt_r(phrase, setting, data);
    int succeeded = hash != NULL && hash[0] != '*' && strlen(hash) < size;
    if (succeeded) strcpy(result, hash);
    explicit_bzero(data, sizeof *data);
    free(data);
    return succeeded ? 0 : -1;
}

#endif
