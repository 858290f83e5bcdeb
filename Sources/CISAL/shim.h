// ISA-L: inflate (igzip) and the sum of gzip.
#ifndef SPECMAN_CISAL_SHIM_H
#define SPECMAN_CISAL_SHIM_H

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#endif
