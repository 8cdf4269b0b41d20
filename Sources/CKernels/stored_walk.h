// Panels of stored rows, decoded or multiplied by one row, for one instruction set.

typedef float NAME(floats) __attribute__((vector_size(WIDTH * 4)));
typedef float NAME(loose_floats) __attribute__((vector_size(WIDTH * 4), aligned(4)));
typedef int8_t NAME(small) __attribute__((vector_size(WIDTH), aligned(1)));
#define floats NAME(floats)

static inline ALWAYS floats NAME(load_floats)(const float *p) {
  return *(const NAME(loose_floats) *)p;
}
static inline ALWAYS void NAME(store_floats)(float *p, floats x) {
  *(NAME(loose_floats) *)p = x;
}

/// The values of a decoded block, to a panel or, where there is none, times those of `a` to `sums`.
///
/// The product of a scale and a number is exact, so that fused addition of the offset rounds as two steps do.
static inline ALWAYS void NAME(expand)(
  const struct decoded *in, size_t groups, size_t length, const bool has_offset,
  float *panel, const float *a, float *sums) {
  for (size_t first = 0; first < LANES; first += 2 * WIDTH) {
    const int8_t *q = in->q + first;
    floats totals[2];
    if (!panel)
      for (int i = 0; i < 2; i++) totals[i] = NAME(load_floats)(sums + first + i * WIDTH);
    for (size_t group = 0; group < groups; group++) {
      floats s[2], m[2];
      for (int i = 0; i < 2; i++) {
        s[i] = NAME(load_floats)(in->s + group * LANES + first + i * WIDTH);
        if (has_offset) m[i] = NAME(load_floats)(in->m + group * LANES + first + i * WIDTH);
      }
#pragma clang loop unroll_count(4)
      for (size_t k = group * length; k < (group + 1) * length; k++)
#pragma clang loop unroll(full)
        for (int i = 0; i < 2; i++) {
          floats x = __builtin_convertvector(
            *(const NAME(small) *)(q + k * LANES + i * WIDTH), floats);
          x = has_offset ? x * s[i] + m[i] : x * s[i];
          if (panel)
            NAME(store_floats)(panel + k * LANES + first + i * WIDTH, x);
          else
            totals[i] += a[k] * x;
        }
    }
    if (!panel)
      for (int i = 0; i < 2; i++) NAME(store_floats)(sums + first + i * WIDTH, totals[i]);
  }
}

/// Adds the products of `a` and `count` columns of a panel, in order.
static inline ALWAYS void NAME(accumulate)(
  const float *panel, size_t count, const float *a, float *sums) {
  for (size_t first = 0; first < LANES; first += 2 * WIDTH) {
    floats left = NAME(load_floats)(sums + first), right = NAME(load_floats)(sums + first + WIDTH);
    for (size_t k = 0; k < count; k++) {
      left += a[k] * NAME(load_floats)(panel + k * LANES + first);
      right += a[k] * NAME(load_floats)(panel + k * LANES + first + WIDTH);
    }
    NAME(store_floats)(sums + first, left);
    NAME(store_floats)(sums + first + WIDTH, right);
  }
}

static inline ALWAYS float NAME(word_value)(int type, uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, 4);
  return type == KERNELS_BF16 ? value : half_value(bits);
}

/// The values of eight columns.
static inline ALWAYS void NAME(widen)(int type, const uint16_t *words, float *out) {
#if WIDTH == 16
  if (type == KERNELS_F16) {
    for (int i = 0; i < 8 * LANES; i += 16)
      _mm512_storeu_ps(
        out + i, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(words + i))));
    return;
  }
#endif
  for (int i = 0; i < 8 * LANES; i++) out[i] = NAME(word_value)(type, words[i]);
}

/// Columns `first` to `first + count`, at most 32, of numbers that stand by themselves.
static inline ALWAYS void NAME(plain)(
  const struct kernels_rows *p, int type, size_t first, size_t count, float *panel) {
  const size_t size = type == KERNELS_F32 ? 4 : 2, unit = 16 / size, whole = count / unit * unit;
  for (size_t k = 0; k < whole; k += unit) {
    if (type == KERNELS_F32) {
      NAME(transpose_floats)(p->rows, (first + k) * 4, panel + k * LANES);
    } else {
      uint16_t words[8 * LANES];
      NAME(transpose_words)(p->rows, (first + k) * 2, words);
      NAME(widen)(type, words, panel + k * LANES);
    }
  }
  for (size_t k = whole; k < count; k++)
    for (int i = 0; i < LANES; i++) {
      const uint8_t *at = p->rows[i] + (first + k) * size;
      if (type == KERNELS_F32)
        memcpy(panel + k * LANES + i, at, 4);
      else
        panel[k * LANES + i] = NAME(word_value)(type, word(at));
    }
}

/// Asks for `count` of the bytes that come next, from `offset` on.
static inline ALWAYS void NAME(look_ahead)(
  const struct kernels_rows *p, size_t offset, size_t count) {
  if (!p->ahead) return;
  for (size_t i = 0; i < count; i += 64) __builtin_prefetch(p->ahead + offset + i, 0, 2);
}

static inline ALWAYS void NAME(walk_plain)(
  const struct kernels_rows *p, int type, float *panel, const float *a, float *sums) {
  const size_t size = type == KERNELS_F32 ? 4 : 2;
  float room[32 * LANES] __attribute__((aligned(64)));
  for (size_t first = 0; first < p->depth; first += 32) {
    const size_t count = p->depth - first < 32 ? p->depth - first : 32;
    NAME(look_ahead)(p, first * size * LANES, count * size * LANES);
    NAME(plain)(p, type, first, count, panel ? panel + first * LANES : room);
    if (!panel) NAME(accumulate)(room, count, a + first, sums);
  }
}

static const struct kind *NAME(kind)(int type) {
#define KIND(type, elements, size, groups, offset, name)                             \
  case type: {                                                                       \
    static const struct kind kind = {elements, size, groups, offset, NAME(name)};    \
    return &kind;                                                                    \
  }
  switch (type) {
    KIND(2, 32, 18, 1, false, q4_0)
    KIND(3, 32, 20, 1, true, q4_1)
    KIND(6, 32, 22, 1, false, q5_0)
    KIND(7, 32, 24, 1, true, q5_1)
    KIND(8, 32, 34, 1, false, q8_0)
    KIND(9, 32, 36, 1, false, q8_1)
    KIND(10, 256, 84, 16, true, q2_k)
    KIND(11, 256, 110, 16, false, q3_k)
    KIND(12, 256, 144, 8, true, q4_k)
    KIND(13, 256, 176, 8, true, q5_k)
    KIND(14, 256, 210, 16, false, q6_k)
    KIND(15, 256, 292, 1, false, q8_k)
    KIND(16, 256, 66, 8, false, iq2_xxs)
    KIND(17, 256, 74, 16, false, iq2_xs)
    KIND(18, 256, 98, 8, false, iq3_xxs)
    KIND(19, 256, 50, 8, false, iq1_s)
    KIND(20, 32, 18, 1, false, iq4_nl)
    KIND(21, 256, 110, 8, false, iq3_s)
    KIND(22, 256, 82, 16, false, iq2_s)
    KIND(23, 256, 136, 8, false, iq4_xs)
    KIND(29, 256, 56, 16, false, iq1_m)
    KIND(34, 256, 54, 1, false, tq1_0)
    KIND(35, 256, 66, 1, false, tq2_0)
    KIND(39, 32, 17, 1, false, mxfp4)
    KIND(40, 64, 36, 4, false, nvfp4)
    default: return 0;
  }
#undef KIND
}

/// Decodes to `panel`, or where there is none adds the products with `a` to `sums`.
static void NAME(walk)(
  const struct kernels_rows *p, float *panel, const float *a, float *sums) {
  switch (p->type) {
    case KERNELS_F32: NAME(walk_plain)(p, KERNELS_F32, panel, a, sums); return;
    case KERNELS_F16: NAME(walk_plain)(p, KERNELS_F16, panel, a, sums); return;
    case KERNELS_BF16: NAME(walk_plain)(p, KERNELS_BF16, panel, a, sums); return;
  }
  const struct kind *kind = NAME(kind)(p->type);
  if (!kind) __builtin_trap();
  struct decoded block __attribute__((aligned(64)));
  const size_t length = kind->elements / kind->groups;
  for (size_t first = 0, at = 0; first < p->depth; first += kind->elements, at += kind->size) {
    NAME(look_ahead)(p, at * LANES, (size_t)kind->size * LANES);
    kind->decode(p->rows, at, p->codebook, &block);
    if (panel) {
      float *target = panel + first * LANES;
      if (kind->has_offset)
        NAME(expand)(&block, kind->groups, length, true, target, 0, 0);
      else
        NAME(expand)(&block, kind->groups, length, false, target, 0, 0);
    } else if (kind->has_offset) {
      NAME(expand)(&block, kind->groups, length, true, 0, a + first, sums);
    } else {
      NAME(expand)(&block, kind->groups, length, false, 0, a + first, sums);
    }
  }
}

#undef floats
#undef bytes
