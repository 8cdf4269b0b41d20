#ifndef C_KERNELS_H
#define C_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// Loops over float32 rows, each compiled for several instruction sets and chosen when it is called.
//
// `level` is one of the levels below that the processor has: 0 always, and up to
// kernels_best_level(). Results of different levels differ by rounding, except those of exact
// inner products. Rows need no alignment.
// No loop over rows allocates, keeps state or checks bounds.

enum {
  KERNELS_PORTABLE = 0,
  KERNELS_AVX2 = 1,
  KERNELS_AVX512 = 2,
};

/// The highest level that this processor has.
int kernels_best_level(void);

/// Outputs of a matrix that lie side by side in a panel.
enum { KERNELS_PANEL = 32 };

/// Reorders `rows` by `depth` row-major values into panels, in place: panel p holds the rows
/// 32·p … 32·p + 31, as [depth][32]. `values` has room for whole panels, `room` for one; rows past
/// the last are zero.
void kernels_pack(float *values, size_t rows, size_t depth, float *room);

/// A product with a matrix in panels, c = a · bᵀ.
///
/// Every element is one sum in the order of its terms, whatever the number of rows and columns of
/// the call. `columns` need not be whole panels; no column past it is written.
struct kernels_product {
  const float *a;  // [rows][depth]
  size_t a_stride;
  size_t rows;
  size_t depth;
  const float *panels;
  size_t panel_stride;  // between two panels, at least 32 · depth
  size_t columns;
  float *c;  // [rows][columns]
  size_t c_stride;
  const float *_Nullable bias;  // [columns], added
  bool adds;          // c += instead of c =
};
void kernels_multiply(int level, const struct kernels_product *product);

// MARK: - Matrices as files store them

/// The types of numbers that stand by themselves; those of blocks have GGUF's numbers too.
enum { KERNELS_F32 = 0, KERNELS_F16 = 1, KERNELS_BF16 = 30 };

/// The 32 rows of a panel where a file has them, all of one type.
///
/// Any type of GGUF but its integers and float64. Decoded numbers, and products with them, are at every
/// level those of rows that were decoded one by one: a number's own operations, in their order.
struct kernels_rows {
  int type;  // GGUF's number of it
  const int8_t *_Nullable codebook;  // of the types that have one, its vectors one after another
  const uint8_t *_Nonnull const *_Nonnull rows;  // a row again in place of one past the last
  size_t depth;                      // whole blocks
  const uint8_t *_Nullable ahead;    // the bytes of as many rows that come next, which are fetched
};

/// Decodes the rows into a panel, [depth][32].
void kernels_unpack(int level, const struct kernels_rows *rows, float *panel);

/// c = a · rowsᵀ + bias for one row `a`, or c += …, for the first `columns` of the 32: the numbers are those of
/// kernels_multiply on the decoded panel.
void kernels_multiply_row(
  int level, const struct kernels_rows *rows, const float *a, size_t columns, float *c,
  const float *_Nullable bias, bool adds);

enum kernels_activation { KERNELS_SILU = 0, KERNELS_GELU = 1, KERNELS_GELU_TANH = 2 };

/// values = activation(values), for each of `rows` rows that are `stride` apart.
void kernels_activate(
  int level, enum kernels_activation activation, float *values, size_t rows, size_t stride,
  size_t count);

/// values = activation(gate) · values, likewise.
void kernels_gate(
  int level, enum kernels_activation activation, float *values, const float *gate, size_t rows,
  size_t stride, size_t count);

/// output = (input − mean) / √(mean square + epsilon) · weight + bias, where the mean is taken off
/// only if `centres`; weight and bias may be null. Input and output may be the same row.
void kernels_normalise(
  int level, const float *input, float *output, size_t count, float epsilon, bool centres,
  const float *_Nullable weight, const float *_Nullable bias);

/// Softmax in place.
void kernels_softmax(int level, float *row, size_t count);

/// row = cap · tanh(row / cap).
void kernels_soft_cap(int level, float *row, size_t count, float cap);

/// Turns each pair (i, i + half) by the angle whose cosine is turns[i] and whose sine is
/// turns[half + i].
void kernels_rotate(int level, float *row, const float *turns, size_t half);

/// target += factor · source.
void kernels_add(int level, float *target, const float *source, float factor, size_t count);

/// row *= factor.
void kernels_scale(int level, float *row, float factor, size_t count);

/// (a − c) · b.
float kernels_dot_less(int level, const float *a, const float *c, const float *b, size_t count);

/// The largest value; NaN never is, unless the row has nothing else (then −∞).
float kernels_maximum(int level, const float *row, size_t count);

/// The index of the largest value, the earliest among equals; 0 in a row of NaN.
size_t kernels_index_of_maximum(int level, const float *row, size_t count);

/// row = eˣ; 0 below about −87, and the largest finite power above about 88.
void kernels_exponential(int level, float *row, size_t count);

/// a · b in float32, added in an order of the level's own.
float kernels_dot(int level, const float *a, const float *b, size_t count);

/// Writes the indices i, ascending, with products[i] + factor · reaches[i] ≥ least, and returns how many they are.
///
/// `found` has room for `count`. A NaN reaches nothing.
size_t kernels_reaching(
  int level, const float *products, const float *reaches, float factor, float least, size_t count,
  uint32_t *found);

/// Keeps of the `count` indices in `found`, in their order, those i with
/// products[i] + own · others[i] + factor · reaches[i] ≥ least, and returns how many they are.
///
/// `own` is [depth], `others` [any][depth].
size_t kernels_still_reaching(
  int level, const float *products, const float *own, const float *others, size_t depth,
  const float *reaches, float factor, float least, uint32_t *found, size_t count);

/// An index at which products[i] + factor · reaches[i] is the largest, but for rounding.
size_t kernels_furthest(
  int level, const float *products, const float *reaches, float factor, size_t count);

// MARK: - Inner products that are the same to the last bit at every level
//
// The product of two float32 is exact in float64, so that fused multiplication changes nothing, and the
// order of the sum is fixed: eight sums, of the components k, k + 8, k + 16, … each, over the whole
// eights of a row; s[i] + s[i + 4], of those t[i] + t[i + 2], of those u[0] + u[1]; and to that the
// components that are left, one after another.

/// a · b, of `depth` components each.
double kernels_exact_dot(int level, const float *a, const float *b, size_t depth);

/// A product c = a · bᵀ of such inner products, each rounded to float32 once.
struct kernels_exact_product {
  const float *a;  // [rows][depth]
  size_t rows;
  const float *b;  // [columns][depth]
  size_t columns;
  size_t depth;
  float *c;  // [rows][columns]
  size_t c_stride;
  double *room;  // kernels_exact_room(depth) values
};
size_t kernels_exact_room(size_t depth);
void kernels_exact_multiply(int level, const struct kernels_exact_product *product);

// MARK: - Workers

/// Threads that wait for loops to share: spinning for some tens of microseconds, then asleep.
///
/// One loop at a time, from one thread at a time.
typedef struct kernels_pool kernels_pool;

/// A pool of `workers`, of which the calling thread of each loop is one; null where the system has
/// no memory. Where it has no threads to give, the pool has fewer workers.
kernels_pool *_Nullable kernels_pool_create(int workers);
void kernels_pool_destroy(kernels_pool *pool);

/// Calls body(context, item, worker) once for every item below `items` and returns when all have
/// returned. Which worker takes an item depends on who is free.
void kernels_pool_run(
  kernels_pool *pool, size_t items,
  void (*body)(const void *context, size_t item, int worker),
  const void *context);

/// Goes on with a SHA-256 (FIPS 180-4) over `count` blocks of 64 bytes.
///
/// By the processor's own instructions where it has them: some eight times as fast.
void kernels_sha256(uint32_t state[_Nonnull 8], const uint8_t *blocks, size_t count);

/// The same without those instructions, for comparison.
void kernels_sha256_portable(uint32_t state[_Nonnull 8], const uint8_t *blocks, size_t count);

#pragma clang assume_nonnull end

#endif
