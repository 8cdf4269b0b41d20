#include "CKernels.h"

#define ALWAYS __attribute__((always_inline))
#define JOIN(a, b) a##_##b
#define CALL(a, b) JOIN(a, b)

struct kernels_table {
  void (*multiply)(const struct kernels_product *);
  void (*activate)(enum kernels_activation, float *, const float *, size_t, size_t, size_t);
  void (*normalise)(const float *, float *, size_t, float, bool, const float *, const float *);
  void (*softmax)(float *, size_t);
  void (*soft_cap)(float *, size_t, float);
  void (*rotate)(float *, const float *, size_t);
  void (*add)(float *, const float *, float, size_t);
  void (*scale)(float *, float, size_t);
  float (*dot_less)(const float *, const float *, const float *, size_t);
  float (*maximum)(const float *, size_t);
  size_t (*index_of_maximum)(const float *, size_t);
  void (*exponentials)(float *, size_t);
  float (*dot)(const float *, const float *, size_t);
  size_t (*reaching)(const float *, const float *, float, float, size_t, uint32_t *);
  size_t (*still_reaching)(
    const float *, const float *, const float *, size_t, const float *, float, float, uint32_t *,
    size_t);
  size_t (*furthest)(const float *, const float *, float, size_t);
  double (*exact_dot)(const float *, const float *, size_t);
  void (*exact_multiply)(const struct kernels_exact_product *);
};

// Of an exact product: components at a time, most columns at a time.
enum { EXACT_DEPTH = 512, EXACT_MOST = 5 };

/// Rows at a time: as many as fill half of a second-level cache, widened.
static inline size_t exact_block(size_t depth) {
  size_t block = (1 << 18) / (depth * 8 + 1) / 20 * 20;
  return block < 20 ? 20 : block > 120 ? 120 : block;
}

#define WIDTH 4
#define TILE_ROWS 6
#define EXACT_ROWS 1
#define EXACT_COLUMNS 3
#define NAME(x) CALL(x, portable)
#include "body.h"
#undef WIDTH
#undef TILE_ROWS
#undef EXACT_ROWS
#undef EXACT_COLUMNS
#undef NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define WIDTH 8
#define TILE_ROWS 6
#define EXACT_ROWS 2
#define EXACT_COLUMNS 3
#define NAME(x) CALL(x, avx2)
#include "body.h"
#undef WIDTH
#undef TILE_ROWS
#undef EXACT_ROWS
#undef EXACT_COLUMNS
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define WIDTH 16
#define TILE_ROWS 12
#define EXACT_ROWS 4
#define EXACT_COLUMNS 5
#define NAME(x) CALL(x, avx512)
#include "body.h"
#undef WIDTH
#undef TILE_ROWS
#undef EXACT_ROWS
#undef EXACT_COLUMNS
#undef NAME
#pragma clang attribute pop
#endif

static const struct kernels_table *const tables[] = {
  &table_portable,
#if defined(__x86_64__)
  &table_avx2,
  &table_avx512,
#endif
};

int kernels_best_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return KERNELS_PORTABLE;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")
      || !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return KERNELS_AVX2;
  return KERNELS_AVX512;
#else
  return KERNELS_PORTABLE;
#endif
}

void kernels_pack(float *values, size_t rows, size_t depth, float *room) {
  for (size_t first = 0; first < rows; first += KERNELS_PANEL) {
    float *panel = values + first * depth;
    size_t count = rows - first < KERNELS_PANEL ? rows - first : KERNELS_PANEL;
    for (size_t k = 0; k < depth; k++)
      for (size_t row = 0; row < KERNELS_PANEL; row++)
        room[k * KERNELS_PANEL + row] = row < count ? panel[row * depth + k] : 0;
    __builtin_memcpy(panel, room, depth * KERNELS_PANEL * sizeof(float));
  }
}

void kernels_multiply(int level, const struct kernels_product *product) {
  tables[level]->multiply(product);
}

void kernels_activate(
  int level, enum kernels_activation activation, float *values, size_t rows, size_t stride,
  size_t count) {
  tables[level]->activate(activation, values, 0, rows, stride, count);
}

void kernels_gate(
  int level, enum kernels_activation activation, float *values, const float *gate, size_t rows,
  size_t stride, size_t count) {
  tables[level]->activate(activation, values, gate, rows, stride, count);
}

void kernels_normalise(
  int level, const float *input, float *output, size_t count, float epsilon, bool centres,
  const float *weight, const float *bias) {
  tables[level]->normalise(input, output, count, epsilon, centres, weight, bias);
}

void kernels_softmax(int level, float *row, size_t count) {
  if (count > 0) tables[level]->softmax(row, count);
}

void kernels_soft_cap(int level, float *row, size_t count, float cap) {
  tables[level]->soft_cap(row, count, cap);
}

void kernels_rotate(int level, float *row, const float *turns, size_t half) {
  tables[level]->rotate(row, turns, half);
}

void kernels_add(int level, float *target, const float *source, float factor, size_t count) {
  tables[level]->add(target, source, factor, count);
}

void kernels_scale(int level, float *row, float factor, size_t count) {
  tables[level]->scale(row, factor, count);
}

float kernels_dot_less(int level, const float *a, const float *c, const float *b, size_t count) {
  return tables[level]->dot_less(a, c, b, count);
}

float kernels_maximum(int level, const float *row, size_t count) {
  return tables[level]->maximum(row, count);
}

size_t kernels_index_of_maximum(int level, const float *row, size_t count) {
  return tables[level]->index_of_maximum(row, count);
}

void kernels_exponential(int level, float *row, size_t count) {
  tables[level]->exponentials(row, count);
}

float kernels_dot(int level, const float *a, const float *b, size_t count) {
  return tables[level]->dot(a, b, count);
}

size_t kernels_reaching(
  int level, const float *products, const float *reaches, float factor, float least, size_t count,
  uint32_t *found) {
  return tables[level]->reaching(products, reaches, factor, least, count, found);
}

size_t kernels_still_reaching(
  int level, const float *products, const float *own, const float *others, size_t depth,
  const float *reaches, float factor, float least, uint32_t *found, size_t count) {
  return tables[level]->still_reaching(
    products, own, others, depth, reaches, factor, least, found, count);
}

size_t kernels_furthest(
  int level, const float *products, const float *reaches, float factor, size_t count) {
  return tables[level]->furthest(products, reaches, factor, count);
}

double kernels_exact_dot(int level, const float *a, const float *b, size_t depth) {
  return tables[level]->exact_dot(a, b, depth);
}

size_t kernels_exact_room(size_t depth) {
  size_t block = exact_block(depth);
  return block * (depth / 8 * 8) + EXACT_DEPTH * EXACT_MOST + block * EXACT_MOST * 8;
}

void kernels_exact_multiply(int level, const struct kernels_exact_product *product) {
  if (product->rows > 0 && product->columns > 0) tables[level]->exact_multiply(product);
}
