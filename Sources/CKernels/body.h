// The kernels for one instruction set. Included once for each, with
//   WIDTH      floats in a vector
//   TILE_ROWS  rows that a product keeps in registers, two vectors each
//   EXACT_ROWS, EXACT_COLUMNS  exact inner products that are kept in registers, eight sums each
//   NAME(x)    the function's name there

#pragma clang fp contract(fast)

typedef float NAME(vector) __attribute__((vector_size(WIDTH * 4)));
typedef float NAME(loose) __attribute__((vector_size(WIDTH * 4), aligned(4)));
typedef int NAME(integers) __attribute__((vector_size(WIDTH * 4)));
#define vector NAME(vector)
#define integers NAME(integers)

static inline ALWAYS vector NAME(load)(const float *p) { return *(const NAME(loose) *)p; }
static inline ALWAYS void NAME(store)(float *p, vector v) { *(NAME(loose) *)p = v; }
static inline ALWAYS vector NAME(splat)(float x) { return x - (vector){0}; }
#define load NAME(load)
#define store NAME(store)
#define splat NAME(splat)

/// The first `count` values, the others `rest`.
static inline ALWAYS vector NAME(load_part)(const float *p, size_t count, float rest) {
  float values[WIDTH];
  for (size_t i = 0; i < WIDTH; i++) values[i] = i < count ? p[i] : rest;
  return load(values);
}
static inline ALWAYS void NAME(store_part)(float *p, vector v, size_t count) {
  float values[WIDTH];
  store(values, v);
  for (size_t i = 0; i < count; i++) p[i] = values[i];
}
#define load_part NAME(load_part)
#define store_part NAME(store_part)

static inline ALWAYS vector NAME(choose)(integers mask, vector yes, vector no) {
  return (vector)((mask & (integers)yes) | (~mask & (integers)no));
}
#define choose NAME(choose)

static inline ALWAYS float NAME(sum)(vector v) {
  float values[WIDTH];
  store(values, v);
  for (int half = WIDTH / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) values[i] += values[i + half];
  return values[0];
}
#define sum NAME(sum)

// MARK: - Elementary functions, to about 1e-7 of their largest value (exp: of each value)

static inline ALWAYS vector NAME(exp)(vector x) {
  x = choose(x < -87.3f, splat(-87.3f), x);
  x = choose(x > 88.3f, splat(88.3f), x);
  // Adding 1.5·2²³ rounds to an integer n and leaves it in the low bits: x = n·ln 2 + r.
  const vector magic = splat(12582912.0f);
  vector shifted = x * 1.44269504f + magic;
  vector n = shifted - magic;
  // ln 2 in two parts, the first exact when multiplied by n.
  vector r = x - n * 0.693359375f + n * 2.1219444e-4f;
  // The series of eʳ for |r| ≤ ln 2 / 2; its next term is below 1e-8.
  vector series = r * (1.0f / 5040) + 1.0f / 720;
  series = series * r + 1.0f / 120;
  series = series * r + 1.0f / 24;
  series = series * r + 1.0f / 6;
  series = series * r + 0.5f;
  series = series * r + 1;
  series = series * r + 1;
  integers exponent = ((integers)shifted + 127) << 23;
  return series * (vector)exponent;
}
#define exponential NAME(exp)

static inline ALWAYS vector NAME(tanh)(vector x) {
  vector magnitude = choose(x < 0, -x, x);
  vector far = 1 - 2 / (exponential(2 * magnitude) + 1);
  // Near zero the difference above cancels; there the odd series does.
  vector square = x * x;
  vector series = square * (-17.0f / 315) + 2.0f / 15;
  series = series * square - 1.0f / 3;
  vector near = x + x * square * series;
  return choose(magnitude < 0.1f, near, choose(x < 0, -far, far));
}
#define hyperbolic_tangent NAME(tanh)

/// The error function to 1.5e-7 absolute (Abramowitz and Stegun, 7.1.26).
static inline ALWAYS vector NAME(erf)(vector x) {
  vector magnitude = choose(x < 0, -x, x);
  vector t = 1 / (1 + 0.3275911f * magnitude);
  vector series = t * 1.061405429f - 1.453152027f;
  series = series * t + 1.421413741f;
  series = series * t - 0.284496736f;
  series = series * t + 0.254829592f;
  vector value = 1 - series * t * exponential(-magnitude * magnitude);
  return choose(x < 0, -value, value);
}

static inline ALWAYS vector NAME(activation)(enum kernels_activation activation, vector x) {
  switch (activation) {
    case KERNELS_SILU: return x / (1 + exponential(-x));
    case KERNELS_GELU: return 0.5f * x * (1 + NAME(erf)(x * 0.707106781f));
    case KERNELS_GELU_TANH:
      return 0.5f * x * (1 + hyperbolic_tangent(0.797884561f * (x + 0.044715f * x * x * x)));
  }
  return x;
}

// MARK: - Rows

/// For every whole vector of a row, then for the rest of it.
#define EACH(count, whole, rest)                              \
  do {                                                        \
    size_t i = 0;                                             \
    for (; i + WIDTH <= (count); i += WIDTH) { whole; }       \
    if (i < (count)) {                                        \
      size_t left = (count) - i;                              \
      rest;                                                   \
    }                                                         \
  } while (0)

static inline ALWAYS void NAME(activate_row)(
  enum kernels_activation activation, float *values, const float *gate, size_t count) {
  if (gate) {
    EACH(count,
      store(values + i, load(values + i) * NAME(activation)(activation, load(gate + i))),
      store_part(values + i,
        load_part(values + i, left, 0) * NAME(activation)(activation, load_part(gate + i, left, 0)),
        left));
  } else {
    EACH(count, store(values + i, NAME(activation)(activation, load(values + i))),
      store_part(values + i, NAME(activation)(activation, load_part(values + i, left, 0)), left));
  }
}

static void NAME(activate)(
  enum kernels_activation activation, float *values, const float *gate, size_t rows,
  size_t stride, size_t count) {
  for (size_t row = 0; row < rows; row++, values += stride, gate = gate ? gate + stride : gate) {
    // A constant in each case, so that the loop is compiled for it.
    switch (activation) {
      case KERNELS_SILU: NAME(activate_row)(KERNELS_SILU, values, gate, count); break;
      case KERNELS_GELU: NAME(activate_row)(KERNELS_GELU, values, gate, count); break;
      case KERNELS_GELU_TANH: NAME(activate_row)(KERNELS_GELU_TANH, values, gate, count); break;
    }
  }
}

static void NAME(normalise)(
  const float *input, float *output, size_t count, float epsilon, bool centres,
  const float *weight, const float *bias) {
  float mean = 0;
  if (centres) {
    vector total = {0};
    EACH(count, total += load(input + i), total += load_part(input + i, left, 0));
    mean = sum(total) / count;
  }
  vector squares = {0};
  EACH(count,
    vector x = load(input + i) - mean; squares += x * x,
    vector x = load_part(input + i, left, mean) - mean; squares += x * x);
  float scale = 1 / __builtin_sqrtf(sum(squares) / count + epsilon);
  EACH(count,
    vector x = (load(input + i) - mean) * scale;
    if (weight) x = x * load(weight + i);
    if (bias) x = x + load(bias + i);
    store(output + i, x),
    vector x = (load_part(input + i, left, 0) - mean) * scale;
    if (weight) x = x * load_part(weight + i, left, 0);
    if (bias) x = x + load_part(bias + i, left, 0);
    store_part(output + i, x, left));
}

static float NAME(maximum)(const float *row, size_t count) {
  vector largest = splat(-__builtin_inff());
  EACH(count,
    vector x = load(row + i); largest = choose(x > largest, x, largest),
    vector x = load_part(row + i, left, -__builtin_inff());
    largest = choose(x > largest, x, largest));
  float values[WIDTH];
  store(values, largest);
  for (int i = 1; i < WIDTH; i++)
    if (values[i] > values[0]) values[0] = values[i];
  return values[0];
}

static size_t NAME(index_of_maximum)(const float *row, size_t count) {
  // One pass over memory: the first block that holds the largest, then the place in it.
  const size_t block = 1024;
  float largest = -__builtin_inff();
  size_t best = 0;
  for (size_t first = 0; first < count; first += block) {
    float found = NAME(maximum)(row + first, count - first < block ? count - first : block);
    if (found > largest) {
      largest = found;
      best = first;
    }
  }
  for (size_t i = best; i < count; i++)
    if (row[i] == largest) return i;
  return 0;
}

static void NAME(softmax)(float *row, size_t count) {
  float largest = NAME(maximum)(row, count);
  vector total = {0};
  EACH(count,
    vector x = exponential(load(row + i) - largest); total += x; store(row + i, x),
    vector x = exponential(load_part(row + i, left, 0) - largest);
    x = load_part((const float *)&x, left, 0); total += x; store_part(row + i, x, left));
  float scale = 1 / sum(total);
  EACH(count, store(row + i, load(row + i) * scale),
    store_part(row + i, load_part(row + i, left, 0) * scale, left));
}

static void NAME(soft_cap)(float *row, size_t count, float cap) {
  EACH(count, store(row + i, cap * hyperbolic_tangent(load(row + i) / cap)),
    store_part(row + i, cap * hyperbolic_tangent(load_part(row + i, left, 0) / cap), left));
}

static void NAME(exponentials)(float *row, size_t count) {
  EACH(count, store(row + i, exponential(load(row + i))),
    store_part(row + i, exponential(load_part(row + i, left, 0)), left));
}

static void NAME(rotate)(float *row, const float *turns, size_t half) {
  size_t i = 0;
  for (; i + WIDTH <= half; i += WIDTH) {
    vector first = load(row + i), second = load(row + half + i);
    vector cosine = load(turns + i), sine = load(turns + half + i);
    store(row + i, first * cosine - second * sine);
    store(row + half + i, second * cosine + first * sine);
  }
  for (; i < half; i++) {
    float first = row[i], second = row[half + i];
    row[i] = first * turns[i] - second * turns[half + i];
    row[half + i] = second * turns[i] + first * turns[half + i];
  }
}

static void NAME(add)(float *target, const float *source, float factor, size_t count) {
  EACH(count, store(target + i, load(target + i) + load(source + i) * factor),
    for (; i < count; i++) target[i] += source[i] * factor; (void)left);
}

static void NAME(scale)(float *row, float factor, size_t count) {
  EACH(count, store(row + i, load(row + i) * factor),
    for (; i < count; i++) row[i] *= factor; (void)left);
}

static float NAME(dot_less)(const float *a, const float *c, const float *b, size_t count) {
  vector total = {0};
  EACH(count, total += (load(a + i) - load(c + i)) * load(b + i),
    total += (load_part(a + i, left, 0) - load_part(c + i, left, 0)) * load_part(b + i, left, 0));
  return sum(total);
}

static float NAME(dot)(const float *a, const float *b, size_t count) {
  // Four sums, so that none waits for the one before it.
  vector totals[4] = {{0}};
  size_t k = 0;
  for (; k + 4 * WIDTH <= count; k += 4 * WIDTH)
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) totals[i] += load(a + k + i * WIDTH) * load(b + k + i * WIDTH);
  vector total = (totals[0] + totals[1]) + (totals[2] + totals[3]);
  EACH(count - k, total += load(a + k + i) * load(b + k + i),
    total += load_part(a + k + i, left, 0) * load_part(b + k + i, left, 0));
  return sum(total);
}

typedef bool NAME(flags) __attribute__((ext_vector_type(WIDTH)));

/// A bit for each lane whose comparison holds.
static inline ALWAYS unsigned NAME(bits)(integers mask) {
  NAME(flags) flags = __builtin_convertvector(-mask, NAME(flags));
  unsigned bits = 0;
  __builtin_memcpy(&bits, &flags, sizeof(flags));
  return bits & ((1u << WIDTH) - 1);
}

static size_t NAME(reaching)(
  const float *products, const float *reaches, float factor, float least, size_t count,
  uint32_t *found) {
  size_t number = 0, first = 0;
  for (; first + WIDTH <= count; first += WIDTH) {
    unsigned bits = NAME(bits)(load(products + first) + factor * load(reaches + first) >= least);
    for (; bits; bits &= bits - 1) found[number++] = (uint32_t)(first + __builtin_ctz(bits));
  }
  for (; first < count; first++)
    if (products[first] + factor * reaches[first] >= least) found[number++] = (uint32_t)first;
  return number;
}

static size_t NAME(still_reaching)(
  const float *products, const float *own, const float *others, size_t depth,
  const float *reaches, float factor, float least, uint32_t *found, size_t count) {
  size_t number = 0;
  for (size_t i = 0; i < count; i++) {
    const uint32_t index = found[i];
    if (i + 4 < count) __builtin_prefetch(others + found[i + 4] * depth);
    const float product = products[index] + NAME(dot)(own, others + index * depth, depth);
    found[number] = index;
    number += product + factor * reaches[index] >= least;
  }
  return number;
}

static size_t NAME(furthest)(
  const float *products, const float *reaches, float factor, size_t count) {
  const size_t block = 512;
  float furthest = -__builtin_inff();
  size_t best = 0;
  for (size_t first = 0; first < count; first += block) {
    const size_t length = count - first < block ? count - first : block;
    vector largest = splat(-__builtin_inff());
    EACH(length,
      vector x = load(products + first + i) + factor * load(reaches + first + i);
      largest = choose(x > largest, x, largest),
      vector x = load_part(products + first + i, left, -__builtin_inff())
        + factor * load_part(reaches + first + i, left, 0);
      largest = choose(x > largest, x, largest));
    float values[WIDTH];
    store(values, largest);
    float found = values[0];
    for (int i = 1; i < WIDTH; i++) if (values[i] > found) found = values[i];
    if (found > furthest) {
      furthest = found;
      best = first;
    }
  }
  size_t index = best;
  float reach = -__builtin_inff();
  for (size_t i = best; i < count && i < best + block; i++) {
    float x = products[i] + factor * reaches[i];
    if (x > reach) {
      reach = x;
      index = i;
    }
  }
  return index;
}

// MARK: - Products

/// `rows` rows by two vectors of columns; both numbers of rows and `depth` as constants as they can be.
static inline ALWAYS void NAME(tile)(
  const int rows, const struct kernels_product *p, const float *a, const float *panel, float *c,
  const float *bias, size_t columns, const float *ahead) {
  vector sums[TILE_ROWS][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (vector){0};
  const size_t stride = p->a_stride, depth = p->depth;
  for (size_t k = 0; k < depth; k++) {
    vector left = load(panel + k * KERNELS_PANEL), right = load(panel + k * KERNELS_PANEL + WIDTH);
    __builtin_prefetch(ahead + k * 16, 0, 2);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      float factor = a[r * stride + k];
      sums[r][0] += factor * left;
      sums[r][1] += factor * right;
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    float *target = c + r * p->c_stride;
    for (int half = 0; half < 2; half++) {
      size_t first = half * WIDTH;
      if (columns >= first + WIDTH) {
        vector x = sums[r][half];
        if (bias) x += load(bias + first);
        if (p->adds) x += load(target + first);
        store(target + first, x);
      } else if (columns > first) {
        size_t left = columns - first;
        vector x = sums[r][half];
        if (bias) x += load_part(bias + first, left, 0);
        if (p->adds) x += load_part(target + first, left, 0);
        store_part(target + first, x, left);
      }
    }
  }
}

#define TILE(n)                                                       \
  case n:                                                             \
    NAME(tile)(n, p, a, panel, c, bias, columns, ahead);              \
    break;

static void NAME(any_tile)(
  size_t rows, const struct kernels_product *p, const float *a, const float *panel, float *c,
  const float *bias, size_t columns, const float *ahead) {
  switch (rows) {
    TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#if TILE_ROWS > 6
    TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
#endif
  }
}

static void NAME(multiply)(const struct kernels_product *p) {
  // As many rows at a time as stay in a second-level cache beside a panel.
  size_t block = p->rows;
  size_t most = (1 << 17) / (p->depth + 1) / TILE_ROWS * TILE_ROWS;
  if (most < 4 * TILE_ROWS) most = 4 * TILE_ROWS;
  if (block > most) block = most;
  for (size_t start = 0; start < p->rows; start += block) {
    size_t rows = p->rows - start < block ? p->rows - start : block;
    size_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
    for (size_t first = 0; first < p->columns; first += 2 * WIDTH) {
      const float *panel =
        p->panels + first / KERNELS_PANEL * p->panel_stride + first % KERNELS_PANEL;
      const float *bias = p->bias ? p->bias + first : 0;
      size_t row = start;
      for (size_t t = 0; t < tiles; t++) {
        // Tiles of equal height, to a row: a last one of few rows would be slow.
        size_t height = rows * (t + 1) / tiles - rows * t / tiles;
        // The panel after this one, half of it in each of the first two tiles.
        const float *ahead = p->panels;
        if (t < 2 && first + KERNELS_PANEL < p->columns)
          ahead = panel + p->panel_stride + t * p->depth * 16;
        NAME(any_tile)(
          height, p, p->a + row * p->a_stride, panel, p->c + row * p->c_stride + first, bias,
          p->columns - first, ahead);
        row += height;
      }
    }
  }
}

// MARK: - Exact inner products

// The header has the order of the sums: eight lanes at every level, in as many vectors as they fill.
#define EXACT_WIDTH (WIDTH / 2)
#define PARTS (8 / EXACT_WIDTH)
typedef double NAME(doubles) __attribute__((vector_size(EXACT_WIDTH * 8)));
typedef double NAME(loose_doubles) __attribute__((vector_size(EXACT_WIDTH * 8), aligned(8)));
typedef float NAME(halves) __attribute__((vector_size(EXACT_WIDTH * 4), aligned(4)));
#define doubles NAME(doubles)

static inline ALWAYS doubles NAME(widen)(const float *p) {
  return __builtin_convertvector(*(const NAME(halves) *)p, doubles);
}
static inline ALWAYS doubles NAME(load_doubles)(const double *p) {
  return *(const NAME(loose_doubles) *)p;
}
static inline ALWAYS void NAME(store_doubles)(double *p, doubles v) {
  *(NAME(loose_doubles) *)p = v;
}
#define load_doubles NAME(load_doubles)
#define store_doubles NAME(store_doubles)

/// The lanes folded, and the components from `k` on.
static inline ALWAYS double NAME(folded)(
  const double *lanes, const float *a, const float *b, size_t k, size_t depth) {
  double half[4];
  for (int i = 0; i < 4; i++) half[i] = lanes[i] + lanes[i + 4];
  double total = (half[0] + half[2]) + (half[1] + half[3]);
  for (; k < depth; k++) total += (double)a[k] * (double)b[k];
  return total;
}

static double NAME(exact_dot)(const float *a, const float *b, size_t depth) {
  doubles sums[PARTS];
#pragma clang loop unroll(full)
  for (int part = 0; part < PARTS; part++) sums[part] = (doubles){0};
  size_t k = 0;
  for (; k + 8 <= depth; k += 8)
#pragma clang loop unroll(full)
    for (int part = 0; part < PARTS; part++) {
      size_t i = k + part * EXACT_WIDTH;
      sums[part] += NAME(widen)(a + i) * NAME(widen)(b + i);
    }
  double lanes[8];
  for (int part = 0; part < PARTS; part++) store_doubles(lanes + part * EXACT_WIDTH, sums[part]);
  return NAME(folded)(lanes, a, b, k, depth);
}

/// Widens whole eights of a row, to places `stride` apart.
static inline ALWAYS void NAME(widen_row)(
  const float *row, size_t count, double *target, size_t stride) {
  for (size_t k = 0; k < count; k += 8)
#pragma clang loop unroll(full)
    for (int part = 0; part < PARTS; part++)
      store_doubles(
        target + k / 8 * stride + part * EXACT_WIDTH, NAME(widen)(row + k + part * EXACT_WIDTH));
}

/// Adds to the lanes of `rows` by EXACT_COLUMNS products; both numbers as constants.
static inline ALWAYS void NAME(exact_tile)(
  const int rows, const double *a, size_t a_stride, const double *b, size_t depth, double *lanes) {
  doubles sums[EXACT_ROWS][EXACT_COLUMNS][PARTS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows * EXACT_COLUMNS * PARTS; i++)
    sums[i / PARTS / EXACT_COLUMNS][i / PARTS % EXACT_COLUMNS][i % PARTS] =
      load_doubles(lanes + i * EXACT_WIDTH);
  for (size_t k = 0; k < depth; k += 8) {
#pragma clang loop unroll(full)
    for (int part = 0; part < PARTS; part++) {
      doubles left[EXACT_ROWS];
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++)
        left[r] = load_doubles(a + r * a_stride + k + part * EXACT_WIDTH);
#pragma clang loop unroll(full)
      for (int c = 0; c < EXACT_COLUMNS; c++) {
        doubles right = load_doubles(b + (k * EXACT_COLUMNS + c * 8) + part * EXACT_WIDTH);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) sums[r][c][part] += left[r] * right;
      }
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows * EXACT_COLUMNS * PARTS; i++)
    store_doubles(
      lanes + i * EXACT_WIDTH,
      sums[i / PARTS / EXACT_COLUMNS][i / PARTS % EXACT_COLUMNS][i % PARTS]);
}

static void NAME(exact_multiply)(const struct kernels_exact_product *p) {
  const size_t depth = p->depth, whole = depth / 8 * 8, block = exact_block(depth);
  double *wide = p->room;                          // [block][whole]
  double *panel = wide + block * whole;            // [EXACT_DEPTH / 8][EXACT_COLUMNS][8]
  double *lanes = panel + EXACT_DEPTH * EXACT_MOST;  // [block][EXACT_COLUMNS][8]
  const size_t row_lanes = EXACT_COLUMNS * 8;
  for (size_t start = 0; start < p->rows; start += block) {
    size_t rows = p->rows - start < block ? p->rows - start : block;
    const float *a = p->a + start * depth;
    for (size_t row = 0; row < rows; row++)
      NAME(widen_row)(a + row * depth, whole, wide + row * whole, 8);
    for (size_t first = 0; first < p->columns; first += EXACT_COLUMNS) {
      size_t columns = p->columns - first < EXACT_COLUMNS ? p->columns - first : EXACT_COLUMNS;
      const float *b = p->b + first * depth;
      __builtin_memset(lanes, 0, rows * row_lanes * sizeof(double));
      for (size_t done = 0; done < whole; done += EXACT_DEPTH) {
        size_t length = whole - done < EXACT_DEPTH ? whole - done : EXACT_DEPTH;
        // Past the last column it is taken again, and not written.
        for (size_t c = 0; c < EXACT_COLUMNS; c++)
          NAME(widen_row)(
            b + (c < columns ? c : columns - 1) * depth + done, length, panel + c * 8, row_lanes);
        size_t row = 0;
        for (; row + EXACT_ROWS <= rows; row += EXACT_ROWS)
          NAME(exact_tile)(
            EXACT_ROWS, wide + row * whole + done, whole, panel, length, lanes + row * row_lanes);
        for (; row < rows; row++)
          NAME(exact_tile)(
            1, wide + row * whole + done, whole, panel, length, lanes + row * row_lanes);
      }
      for (size_t row = 0; row < rows; row++)
        for (size_t c = 0; c < columns; c++)
          p->c[(start + row) * p->c_stride + first + c] = (float)NAME(folded)(
            lanes + row * row_lanes + c * 8, a + row * depth, b + c * depth, whole, depth);
    }
  }
}

static const struct kernels_table NAME(table) = {
  NAME(multiply), NAME(activate), NAME(normalise), NAME(softmax), NAME(soft_cap), NAME(rotate),
  NAME(add), NAME(scale), NAME(dot_less), NAME(maximum), NAME(index_of_maximum),
  NAME(exponentials), NAME(dot), NAME(reaching), NAME(still_reaching),
  NAME(furthest), NAME(exact_dot),
  NAME(exact_multiply),
};

#undef vector
#undef integers
#undef load
#undef store
#undef splat
#undef load_part
#undef store_part
#undef choose
#undef sum
#undef exponential
#undef hyperbolic_tangent
#undef EACH
#undef TILE
#undef EXACT_WIDTH
#undef PARTS
#undef doubles
#undef load_doubles
#undef store_doubles
