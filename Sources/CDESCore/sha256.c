// The low-level SHA-256 calls are deprecated since OpenSSL 3.0 in favour of EVP, which costs six times as much for a
// short name; they are there in every 3.x release.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CDESCore.h"
#include <openssl/sha.h>

void des_sha256(const void *bytes, size_t count, uint8_t digest[32]) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, count);
    SHA256_Final(digest, &context);
}
