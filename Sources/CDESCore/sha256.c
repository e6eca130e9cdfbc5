// The low-level SHA-256 calls are deprecated since OpenSSL 3.0 in favour of EVP, which costs six times as much for a
// short name; they are there in every 3.x release.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CDESCore.h"
#include <openssl/sha.h>
#include <stdlib.h>

void des_sha256(const void *bytes, size_t count, uint8_t digest[32]) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, count);
    SHA256_Final(digest, &context);
}

struct des_sha256_state {
    SHA256_CTX context;
};

des_sha256_state *des_sha256_begin(void) {
    des_sha256_state *state = malloc(sizeof *state);
    if (state) SHA256_Init(&state->context);
    return state;
}

void des_sha256_add(des_sha256_state *state, const void *bytes, size_t count) {
    if (state) SHA256_Update(&state->context, bytes, count);
}

void des_sha256_end(des_sha256_state *state, uint8_t digest[32]) {
    if (state) SHA256_Final(digest, &state->context);
}

void des_sha256_free(des_sha256_state *state) { free(state); }
