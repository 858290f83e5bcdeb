// OpenSSL 3, and static-inline names for its macros, which Swift can't see.
#ifndef SPECMAN_COPENSSL_SHIM_H
#define SPECMAN_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

// The text of an error code; those of the operating system carry an errno.
static inline const char *specman_error_text(unsigned long code) {
    return ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
}

static inline int specman_error_is(unsigned long code, int library, int reason) {
    return ERR_GET_LIB(code) == library && ERR_GET_REASON(code) == reason;
}

static inline void specman_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline void specman_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void specman_retry_write(BIO *bio) { BIO_set_retry_write(bio); }

static inline int specman_ctx_min_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version);
}

static inline int specman_ctx_groups(SSL_CTX *context, const char *list) {
    return SSL_CTX_set1_groups_list(context, list);
}

static inline uint64_t specman_server_options(void) {
    return SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
}

static inline void specman_ctx_mode(SSL_CTX *context, long mode) { SSL_CTX_set_mode(context, mode); }
static inline void specman_ctx_no_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// OSSL_PARAMs are built in place, of pointers that need not outlive the call.
static inline int specman_ticket_mac(EVP_MAC_CTX *mac, unsigned char *key, size_t length) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, length),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters);
}

static inline void specman_free(void *memory) { OPENSSL_free(memory); }

static inline int specman_client_verification(void) { return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT; }

static inline int specman_ctx_add_chain(SSL_CTX *context, X509 *certificate) {
    return SSL_CTX_add1_chain_cert(context, certificate);
}

static inline EVP_PKEY *specman_p256_key(void) { return EVP_EC_gen("P-256"); }
static inline int specman_bio_text(BIO *bio, char **text) { return (int)BIO_get_mem_data(bio, text); }

static inline int specman_print_name(BIO *bio, const X509_NAME *name) {
    return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
}

// A STACK_OF is made of macros.
static inline GENERAL_NAMES *specman_alternative_names(const X509 *certificate) {
    return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

static inline int specman_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline GENERAL_NAME *specman_names_get(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}

static inline const ASN1_STRING *specman_name_string(const GENERAL_NAME *name, int *kind) {
    return (const ASN1_STRING *)GENERAL_NAME_get0_value(name, kind);
}

#endif
