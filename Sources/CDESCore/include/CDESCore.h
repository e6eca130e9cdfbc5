// The thin C seam of DESCore: instructions and calls that Swift cannot reach, and nothing else.
#ifndef CDESCORE_H
#define CDESCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// CRC32C (Castagnoli, reflected polynomial 0x82F63B78), as in RFC 3720. `crc` is the checksum of the bytes before
// (0 at the start), so that a region can be checked in pieces.
uint32_t des_crc32c(uint32_t crc, const void *bytes, size_t count);

// The checksum of A followed by B, from theirs and the length of B: no byte is looked at again.
uint32_t des_crc32c_combine(uint32_t first, uint32_t second, uint64_t second_count);

// The two implementations behind des_crc32c. They agree on every input; tests hold them to that.
uint32_t des_crc32c_portable(uint32_t crc, const void *bytes, size_t count);
bool des_crc32c_has_hardware(void);
uint32_t des_crc32c_hardware(uint32_t crc, const void *bytes, size_t count);

// Asks the CPU for up to 4 KiB from `bytes` on, all lines at once, so that what reads them next waits only once.
static inline void des_prefetch(const void *bytes, size_t count) {
    const char *p = (const char *)bytes;
    for (size_t offset = 0; offset < count && offset < 4096; offset += 64) __builtin_prefetch(p + offset);
}

// SHA-256 (FIPS 180-4). libcrypto's one-shot calls fetch the algorithm each time (375 ns for a short name);
// the low-level ones do not (57 ns).
void des_sha256(const void *bytes, size_t count, uint8_t digest[32]);

// The same of bytes that come in pieces. NULL, which the others take, if there is no memory.
typedef struct des_sha256_state des_sha256_state;
des_sha256_state *des_sha256_begin(void);
void des_sha256_add(des_sha256_state *state, const void *bytes, size_t count);
void des_sha256_end(des_sha256_state *state, uint8_t digest[32]);
void des_sha256_free(des_sha256_state *state);

// renameat2(2) with RENAME_NOREPLACE; link(2) and unlink(2) where the file system has no such flag.
// 0, or -1 with errno (EEXIST: the target is there, and untouched).
int des_rename_no_replace(int from_directory, const char *from, int to_directory, const char *to);

// renameat2(2) with RENAME_EXCHANGE: two names, which may be a file and a directory, change places in one step.
// 0, or -1 with errno (EINVAL: the file system cannot).
int des_rename_exchange(int first_directory, const char *first, int second_directory, const char *second);

// Opens `path` below the open directory `directory` and follows no link on the way, whatever is renamed meanwhile
// (openat2(2)). `flags` as for open(2) of what is there; O_PATH opens a link itself. -1 with errno: ELOOP if a component
// is a link, EXDEV if the path is absolute or has a component "..".
int des_open_beneath(int directory, const char *path, int flags);

// O_PATH, which Swift does not see: opens the place, a link itself too, and nothing can be read from it.
extern const int des_open_place;

// Starts writing the dirty pages of a range to disk without waiting, so that the fsync at the end is short.
void des_start_writeback(int descriptor, int64_t offset, int64_t count);

// pread(2) of what is in the page cache, without waiting for the disk (preadv2(2) with RWF_NOWAIT): the count of bytes
// read, which may be smaller than asked for; -1 with errno, EAGAIN if nothing is there.
int64_t des_read_cached(int descriptor, void *buffer, size_t count, int64_t offset);

// An unnamed file in `directory`: it goes with its descriptor, whatever dies. -1 with errno.
int des_open_unnamed(const char *directory);

// SIGINT, SIGTERM and SIGHUP end the process with status 128 + signal from now on, but not before one of the next two
// calls: so that a file that is just being created is not left behind.
void des_hold_interruptions(void);

// From now on these signals remove the file at `path` first, unless the name stands for another file than the open
// `file` by then. A path too long to be remembered (4,095 bytes) is not removed.
void des_remove_when_interrupted(int file, const char *path);

// The file is kept from now on: it is done, or gone, or was never made.
void des_keep_when_interrupted(void);

// One stock of free memory for all threads, from which up to `count` bytes are kept for later (mallopt(3); nothing where
// the C library is not glibc). To be called before other threads start.
void des_keep_freed_blocks(size_t count);

#endif
