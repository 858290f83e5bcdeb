// libcurl, and static-inline names for its variadic functions, which Swift can't call.
#ifndef SPECMAN_CCURL_SHIM_H
#define SPECMAN_CCURL_SHIM_H

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

static inline CURLcode specman_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode specman_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode specman_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode specman_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode specman_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

// The bytes are copied.
static inline CURLcode specman_curl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(handle, option, &blob);
}

// Write, header and read callbacks share one C type but for a const.
static inline CURLcode specman_curl_set_callback(CURL *handle, CURLoption option, curl_write_callback value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode specman_curl_set_seek(CURL *handle, curl_seek_callback value) {
    return curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, value);
}

static inline CURLcode specman_curl_set_progress(CURL *handle, curl_xferinfo_callback value) {
    return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, value);
}

static inline CURLcode specman_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode specman_curl_set_debug(CURL *handle, curl_debug_callback value) {
    return curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, value);
}

static inline CURLcode specman_curl_get_string(CURL *handle, CURLINFO info, const char **value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode specman_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

// The PEM text of a certificate that the server has sent, its own first; NULL where there are no more.
static inline const char *specman_curl_certificate(CURL *handle, int index) {
    struct curl_certinfo *chain = NULL;
    if (curl_easy_getinfo(handle, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL) return NULL;
    if (index < 0 || index >= chain->num_of_certs) return NULL;
    for (struct curl_slist *line = chain->certinfo[index]; line != NULL; line = line->next) {
        if (strncmp(line->data, "Cert:", 5) == 0) return line->data + 5;
    }
    return NULL;
}

static inline int specman_is_connection_refused(long code) { return code == ECONNREFUSED || code == ENOENT; }

// libcurl may write to a connection that its peer has closed. CURLOPT_NOSIGNAL leaves SIGPIPE to the caller, and the
// process's disposition belongs to the program: so the signal is held back on this thread alone, and eaten.
typedef struct {
    sigset_t before;
    int held;
} specman_pipe_guard;

static inline specman_pipe_guard specman_hold_sigpipe(void) {
    specman_pipe_guard guard;
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    guard.held = pthread_sigmask(SIG_BLOCK, &pipe, &guard.before) == 0 && !sigismember(&guard.before, SIGPIPE);
    return guard;
}

static inline void specman_release_sigpipe(specman_pipe_guard *guard) {
    if (!guard->held) return;
    sigset_t pipe;
    struct timespec none = {0, 0};
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    while (sigtimedwait(&pipe, NULL, &none) == -1 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

static inline CURLcode specman_curl_perform(CURL *handle) {
    specman_pipe_guard guard = specman_hold_sigpipe();
    CURLcode code = curl_easy_perform(handle);
    specman_release_sigpipe(&guard);
    return code;
}

static inline void specman_curl_cleanup(CURL *handle) {
    specman_pipe_guard guard = specman_hold_sigpipe();
    curl_easy_cleanup(handle);
    specman_release_sigpipe(&guard);
}

#endif
