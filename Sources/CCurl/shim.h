// libcurl, and static-inline names for its variadic functions, which Swift can't call.
#ifndef SPECMAN_CCURL_SHIM_H
#define SPECMAN_CCURL_SHIM_H

#include <curl/curl.h>

#endif
