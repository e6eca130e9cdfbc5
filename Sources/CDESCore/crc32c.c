#include "CDESCore.h"
#include <string.h>

static const uint32_t polynomial = 0x82F63B78; // Castagnoli, bit-reflected

// Portable: eight bytes a step through eight tables ("slicing by 8").

static uint32_t table[8][256];

static void make_portable_tables(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) ? polynomial : 0);
        table[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int slice = 1; slice < 8; slice++)
            table[slice][i] = (table[slice - 1][i] >> 8) ^ table[0][table[slice - 1][i] & 0xFF];
}

uint32_t des_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    crc = ~crc;
    for (; count >= 8; count -= 8, p += 8) {
        uint32_t low = crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
        crc = table[7][low & 0xFF] ^ table[6][(low >> 8) & 0xFF] ^ table[5][(low >> 16) & 0xFF] ^ table[4][low >> 24]
            ^ table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
    }
    for (; count; count--) crc = (crc >> 8) ^ table[0][(crc ^ *p++) & 0xFF];
    return ~crc;
}

// Polynomials modulo the CRC's, bit-reflected: bit 31 - i is the coefficient of x^i.

static uint32_t multiply(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (; a; a <<= 1) {
        if (a & 0x80000000) product ^= b;
        b = (b >> 1) ^ ((b & 1) ? polynomial : 0);
    }
    return product;
}

static uint32_t byte_powers[64]; // byte_powers[k] = x^(8 * 2^k)

static void make_byte_powers(void) {
    byte_powers[0] = 0x00800000; // x^8
    for (int k = 1; k < 64; k++) byte_powers[k] = multiply(byte_powers[k - 1], byte_powers[k - 1]);
}

static uint32_t combine_portable(uint32_t first, uint32_t second, uint64_t second_count) {
    for (int k = 0; second_count; k++, second_count >>= 1)
        if (second_count & 1) first = multiply(byte_powers[k], first);
    return first ^ second;
}

#if defined(__x86_64__)
#include <immintrin.h>
#define HARDWARE __attribute__((target("sse4.2,pclmul")))

// The instruction has a latency of three cycles and a throughput of one: three independent streams keep it busy.
// A stream's remainder is then moved over the n bytes that follow it, which is a multiplication by x^(8n) modulo the
// polynomial: a carry-less product with the constant x^(8n-33), reduced by one more crc instruction
// (the product of two reflected 32-bit values carries a factor x, the instruction one of x^32: 33 in all).

enum { words_max = 256 };                  // words of eight bytes a stream and round
static uint32_t shift_by[2 * words_max + 1]; // shift_by[n] = x^(64n-33) modulo the polynomial, reflected

static uint32_t shift_by_power[64];          // shift_by_power[k] = x^(8*2^k-33)

// a * b * x^33
HARDWARE static inline uint64_t multiply_shifted(uint64_t a, uint32_t b) {
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)a), _mm_cvtsi32_si128((int)b), 0);
    return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

HARDWARE static void make_hardware_tables(void) {
    shift_by[1] = 1; // x^31, reflected
    for (int n = 2; n <= 2 * words_max; n++) shift_by[n] = (uint32_t)_mm_crc32_u64(0, shift_by[n - 1]);
    uint32_t power = 1; // x^31; divided by x until it is x^(8-33)
    for (int i = 0; i < 56; i++) power = (power & 0x80000000) ? ((power ^ polynomial) << 1) | 1 : power << 1;
    for (int k = 0; k < 64; k++, power = (uint32_t)multiply_shifted(power, power)) shift_by_power[k] = power;
}

HARDWARE static inline uint64_t shifted(uint64_t crc, size_t words) { return multiply_shifted(crc, shift_by[words]); }

HARDWARE static uint32_t combine_hardware(uint32_t first, uint32_t second, uint64_t second_count) {
    uint64_t crc = first;
    for (; second_count; second_count &= second_count - 1)
        crc = multiply_shifted(crc, shift_by_power[__builtin_ctzll(second_count)]);
    return (uint32_t)crc ^ second;
}

static inline uint64_t word(const uint8_t *p) {
    uint64_t value;
    memcpy(&value, p, 8);
    return value;
}

HARDWARE uint32_t des_crc32c_hardware(uint32_t start, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    uint64_t crc = (uint32_t)~start;
    while (count >= 3 * 8 * 8) {
        size_t words = count / 24 < words_max ? count / 24 : words_max;
        size_t stream = words * 8;
        uint64_t second = 0, third = 0;
        for (size_t i = 0; i < stream; i += 8) {
            crc = _mm_crc32_u64(crc, word(p + i));
            second = _mm_crc32_u64(second, word(p + stream + i));
            third = _mm_crc32_u64(third, word(p + 2 * stream + i));
        }
        crc = shifted(crc, 2 * words) ^ shifted(second, words) ^ third;
        p += 3 * stream;
        count -= 3 * stream;
    }
    for (; count >= 8; count -= 8, p += 8) crc = _mm_crc32_u64(crc, word(p));
    for (; count; count--) crc = _mm_crc32_u8((uint32_t)crc, *p++);
    return ~(uint32_t)crc;
}

bool des_crc32c_has_hardware(void) {
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

static void make_hardware_tables(void) {}
#define combine_hardware combine_portable
bool des_crc32c_has_hardware(void) { return true; }

uint32_t des_crc32c_hardware(uint32_t start, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    uint32_t crc = ~start;
    for (; count >= 8; count -= 8, p += 8) {
        uint64_t value;
        memcpy(&value, p, 8);
        crc = __crc32cd(crc, value);
    }
    for (; count; count--) crc = __crc32cb(crc, *p++);
    return ~crc;
}

#else

static void make_hardware_tables(void) {}
#define combine_hardware combine_portable
bool des_crc32c_has_hardware(void) { return false; }
uint32_t des_crc32c_hardware(uint32_t crc, const void *bytes, size_t count) {
    return des_crc32c_portable(crc, bytes, count);
}

#endif

static uint32_t (*implementation)(uint32_t, const void *, size_t) = des_crc32c_portable;
static uint32_t (*combination)(uint32_t, uint32_t, uint64_t) = combine_portable;

__attribute__((constructor)) static void choose_implementation(void) {
    make_portable_tables();
    make_byte_powers();
    if (!des_crc32c_has_hardware()) return;
    make_hardware_tables();
    implementation = des_crc32c_hardware;
    combination = combine_hardware;
}

uint32_t des_crc32c(uint32_t crc, const void *bytes, size_t count) { return implementation(crc, bytes, count); }

uint32_t des_crc32c_combine(uint32_t first, uint32_t second, uint64_t second_count) {
    return combination(first, second, second_count);
}
