#define _GNU_SOURCE
#include "CDESCore.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

const int des_open_place = O_PATH;

// One component after the other, for kernels and sandboxes without openat2(2).
static int open_stepwise(int directory, const char *path, int flags) {
    int parent = directory;
    for (const char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        char name[NAME_MAX + 1];
        size_t count = (size_t)(slash - path);
        int next = -1;
        if (count > NAME_MAX) {
            errno = ENAMETOOLONG;
        } else {
            memcpy(name, path, count);
            name[count] = 0;
            next = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            // What is in the way of O_DIRECTORY may be a link or a file; openat2 tells them apart too.
            struct stat status;
            if (next < 0 && errno == ENOTDIR && fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
                errno = S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR;
        }
        int error = errno;
        if (parent != directory) (void)close(parent);
        errno = error;
        if (next < 0) return -1;
        parent = next;
    }
    int result = openat(parent, path, flags);
    int error = errno;
    if (parent != directory) (void)close(parent);
    errno = error;
    return result;
}

static int leads_out(const char *path) {
    if (*path == '/') return 1;
    for (const char *dots = path; (dots = strstr(dots, "..")) != NULL; dots++)
        if ((dots == path || dots[-1] == '/') && (dots[2] == 0 || dots[2] == '/')) return 1;
    return 0;
}

int des_open_beneath(int directory, const char *path, int flags) {
    // A path without links and ".." cannot leave the directory. RESOLVE_BENEATH would say the same and look again at the
    // end of each walk, under a lock of the whole system: 150 ns a file.
    if (leads_out(path)) {
        errno = EXDEV;
        return -1;
    }
    struct open_how how = {.flags = (uint64_t)(flags | O_NOFOLLOW | O_CLOEXEC), .resolve = RESOLVE_NO_SYMLINKS};
    int result = -1;
    // EAGAIN: something was renamed meanwhile. Not for ever: who holds a lease on a file gives it too.
    for (int tries = 0; tries < 100; tries++) {
        result = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (result >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    // EPERM: older sandboxes refuse with it what they do not know. The other way is as safe, and slower.
    if (result >= 0 || (errno != ENOSYS && errno != EPERM)) return result;
    return open_stepwise(directory, path, (int)how.flags);
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
