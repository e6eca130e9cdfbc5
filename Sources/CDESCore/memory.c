#include "CDESCore.h"
#include <malloc.h>

void des_return_freed_blocks(size_t count) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, (int)count);
#endif
}
