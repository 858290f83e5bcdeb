// zlib, and static-inline names for its macros, which Swift can't see.
#ifndef SPECMAN_CZLIB_SHIM_H
#define SPECMAN_CZLIB_SHIM_H

#include <zlib.h>

#endif
