#include "CDESCore.h"
#include <malloc.h>

void des_keep_freed_blocks(size_t count) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, (int)count);
#endif
}
