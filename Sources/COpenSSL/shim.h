// OpenSSL 3, and static-inline names for its macros, which Swift can't see.
#ifndef SPECMAN_COPENSSL_SHIM_H
#define SPECMAN_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#endif
