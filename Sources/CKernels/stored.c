#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ALWAYS __attribute__((always_inline))
#define JOIN(a, b) a##_##b
#define CALL(a, b) JOIN(a, b)

enum { LANES = KERNELS_PANEL };

/// A block of 32 rows, decoded up to its scales: element k of a row is s · q + m, of its group.
struct decoded {
  int8_t q[256 * LANES];  // [elements][rows]
  float s[16 * LANES];    // [groups][rows]
  float m[16 * LANES];
  uint8_t stored[256 * LANES];  // room for the stored bytes in the same order
};

typedef const uint8_t *_Nonnull const *rows_t;

/// How the numbers of a type lie in a block.
struct kind {
  uint16_t elements, size, groups;
  bool has_offset;
  void (*decode)(rows_t rows, size_t offset, const int8_t *codebook, struct decoded *out);
};

/// The values of an IEEE 754 half, exactly.
///
/// Not by multiplying its bits at a float's place: those of a small half are a float that is
/// not normal, which processors take a hundred cycles for.
static inline ALWAYS float half_value(uint32_t bits) {
  const uint32_t magnitude = bits & 0x7fff;
  const float small = (float)(int32_t)magnitude * 0x1p-24f;
  const uint32_t normal = (magnitude << 13) + (magnitude >= 0x7c00 ? 0x70000000u : 0x38000000u);
  uint32_t small_bits;
  memcpy(&small_bits, &small, 4);
  const uint32_t chosen = (magnitude < 0x400 ? small_bits : normal) | (bits & 0x8000) << 16;
  float value;
  memcpy(&value, &chosen, 4);
  return value;
}

static inline ALWAYS uint16_t word(const uint8_t *p) {
  uint16_t x;
  memcpy(&x, p, 2);
  return x;
}

static inline ALWAYS uint32_t word32(const uint8_t *p) {
  uint32_t x;
  memcpy(&x, p, 4);
  return x;
}

#include "stored_codebooks.h"

#define WIDTH 4
#define NAME(x) CALL(x, portable)
#include "stored_transpose.h"
#include "stored_blocks.h"
#include "stored_walk.h"
#undef WIDTH
#undef NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define WIDTH 8
#define NAME(x) CALL(x, avx2)
#include "stored_transpose.h"
#include "stored_blocks.h"
#include "stored_walk.h"
#undef WIDTH
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define WIDTH 16
#define NAME(x) CALL(x, avx512)
#include "stored_transpose.h"
#include "stored_blocks.h"
#include "stored_walk.h"
#undef WIDTH
#undef NAME
#pragma clang attribute pop
#endif

void kernels_unpack(int level, const struct kernels_rows *rows, float *panel) {
  switch (level) {
#if defined(__x86_64__)
    case KERNELS_AVX512: walk_avx512(rows, panel, 0, 0); break;
    case KERNELS_AVX2: walk_avx2(rows, panel, 0, 0); break;
#endif
    default: walk_portable(rows, panel, 0, 0); break;
  }
}

void kernels_multiply_row(
  int level, const struct kernels_rows *rows, const float *a, size_t columns, float *c,
  const float *bias, bool adds) {
  float sums[LANES] __attribute__((aligned(64))) = {0};
  switch (level) {
#if defined(__x86_64__)
    case KERNELS_AVX512: walk_avx512(rows, 0, a, sums); break;
    case KERNELS_AVX2: walk_avx2(rows, 0, a, sums); break;
#endif
    default: walk_portable(rows, 0, a, sums); break;
  }
  for (size_t i = 0; i < columns; i++) {
    float x = sums[i];
    if (bias) x += bias[i];
    if (adds) x += c[i];
    c[i] = x;
  }
}
