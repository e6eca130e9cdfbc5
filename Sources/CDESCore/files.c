#define _GNU_SOURCE
#include "CDESCore.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

int des_rename_no_replace(int from_directory, const char *from, int to_directory, const char *to) {
    if (renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    if (linkat(from_directory, from, to_directory, to, 0) != 0) return -1;
    return unlinkat(from_directory, from, 0);
}

int des_rename_exchange(int first_directory, const char *first, int second_directory, const char *second) {
    return renameat2(first_directory, first, second_directory, second, RENAME_EXCHANGE);
}

void des_start_writeback(int descriptor, int64_t offset, int64_t count) {
    // A hint: what fails here is found by the fsync that follows.
    (void)sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

int des_open_unnamed(const char *directory) {
    int descriptor = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return descriptor;
    char path[4096];
    if (snprintf(path, sizeof path, "%s/.des-XXXXXX", directory) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor >= 0) (void)unlink(path);
    return descriptor;
}

int64_t des_read_cached(int descriptor, void *buffer, size_t count, int64_t offset) {
    struct iovec part = {.iov_base = buffer, .iov_len = count};
    return preadv2(descriptor, &part, 1, offset, RWF_NOWAIT);
}
