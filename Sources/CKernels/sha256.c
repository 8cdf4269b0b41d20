#include "CKernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

// Fractional parts of the cube roots of the first 64 primes.
static const uint32_t round_constants[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t value, int count) {
  return value >> count | value << (32 - count);
}

static inline uint32_t word_at(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void kernels_sha256_portable(uint32_t state[8], const uint8_t *blocks, size_t count) {
  for (; count > 0; count--, blocks += 64) {
    uint32_t words[64];
    for (int t = 0; t < 16; t++) words[t] = word_at(blocks + 4 * t);
    for (int t = 16; t < 64; t++) {
      uint32_t early = words[t - 15], late = words[t - 2];
      words[t] = words[t - 16] + (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3)
        + words[t - 7] + (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 64; t++) {
      uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g))
        + round_constants[t] + words[t];
      uint32_t second =
        (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + first;
      d = c;
      c = b;
      b = a;
      a = first + second;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
}

#if defined(__x86_64__)

static bool has_sha(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1)) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1u << 29);
}

/// The instructions keep the eight words in two registers, (a b e f) and (c d g h), the first word in
/// the highest lane, and make two rounds at a time.
__attribute__((target("sha,sse4.1,ssse3"))) static void with_instructions(
  uint32_t state[8], const uint8_t *blocks, size_t count
) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bll, 0x0405060700010203ll);
  __m128i abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
  __m128i cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]);
  for (; count > 0; count--, blocks += 64) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i words[4];
    for (int group = 0; group < 4; group++) {
      words[group] = _mm_shuffle_epi8(
        _mm_loadu_si128((const __m128i *)(const void *)(blocks + 16 * group)), big_endian);
    }
#pragma clang loop unroll(full)
    for (int group = 0; group < 16; group++) {
      __m128i four = words[group & 3];
      const __m128i constants =
        _mm_loadu_si128((const __m128i *)(const void *)(round_constants + 4 * group));
      __m128i sum = _mm_add_epi32(four, constants);
      // What were a b e f are c d g h two rounds later, so the registers change places.
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
      if (group < 12) {
        // The words 16 further on take the place of these.
        __m128i next = words[(group + 1) & 3], before_last = words[(group + 2) & 3];
        __m128i last = words[(group + 3) & 3];
        __m128i made = _mm_add_epi32(
          _mm_sha256msg1_epu32(four, next), _mm_alignr_epi8(last, before_last, 4));
        words[group & 3] = _mm_sha256msg2_epu32(made, last);
      }
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  uint32_t first[4], second[4];
  _mm_storeu_si128((__m128i *)(void *)first, abef);
  _mm_storeu_si128((__m128i *)(void *)second, cdgh);
  state[0] = first[3];
  state[1] = first[2];
  state[2] = second[3];
  state[3] = second[2];
  state[4] = first[1];
  state[5] = first[0];
  state[6] = second[1];
  state[7] = second[0];
}

#endif

void kernels_sha256(uint32_t state[8], const uint8_t *blocks, size_t count) {
#if defined(__x86_64__)
  // Asking the processor costs about as much as one block: the answer is kept.
  static _Atomic int answer = 0;
  int known = answer;
  if (known == 0) answer = known = has_sha() ? 1 : 2;
  if (known == 1) return with_instructions(state, blocks, count);
#endif
  kernels_sha256_portable(state, blocks, count);
}
