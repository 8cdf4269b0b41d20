// Blocks of 32 rows taken apart, for one instruction set: each type's layout once, with the rows side by side.

/// `count` times sixteen bytes of every row from `offset` on, as [16 · count][32].
static inline ALWAYS void NAME(spread)(rows_t rows, size_t offset, size_t count, uint8_t *out) {
  for (size_t i = 0; i < count; i++)
    NAME(transpose)(rows, offset + 16 * i, out + 16 * i * LANES);
}

static inline ALWAYS void NAME(low_bits)(
  const uint8_t *in, size_t count, int shift, int mask, int less, int8_t *q) {
  for (size_t i = 0; i < count * LANES; i++) q[i] = (int8_t)((uint8_t)(in[i] >> shift & mask) - less);
}

/// Sixteen bytes of two numbers each: the low ones first.
static inline ALWAYS void NAME(nibbles)(const uint8_t *in, int less, int8_t *q) {
  NAME(low_bits)(in, 16, 0, 15, less, q);
  NAME(low_bits)(in, 16, 4, 15, less, q + 16 * LANES);
}

/// The values of halves in the low bits of words.
static inline ALWAYS void NAME(half_values)(const uint32_t *words, float *out) {
#if WIDTH == 16
  for (int i = 0; i < LANES; i += 16)
    _mm512_storeu_ps(
      out + i, _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_loadu_si512(words + i))));
#else
  for (int i = 0; i < LANES; i++) out[i] = half_value(words[i] & 0xffff);
#endif
}

/// The half that every row has at `offset`.
static inline ALWAYS void NAME(halves_at)(rows_t rows, size_t offset, float *out) {
  uint32_t words[LANES];
  for (int i = 0; i < LANES; i++) words[i] = word(rows[i] + offset);
  NAME(half_values)(words, out);
}

/// The two halves that every row has from `offset` on.
static inline ALWAYS void NAME(pairs_at)(rows_t rows, size_t offset, float *first, float *second) {
  uint32_t words[LANES];
  for (int i = 0; i < LANES; i++) words[i] = word32(rows[i] + offset);
  NAME(half_values)(words, first);
  for (int i = 0; i < LANES; i++) words[i] >>= 16;
  NAME(half_values)(words, second);
}

/// The same where its two bytes stand in [2][32].
static inline ALWAYS void NAME(halves_in)(const uint8_t *in, float *out) {
  for (int i = 0; i < LANES; i++) out[i] = half_value(in[i] | (uint32_t)in[i + LANES] << 8);
}

#define DECODER(name) \
  static void NAME(name)(rows_t rows, size_t at, const int8_t *codebook, struct decoded *o)

DECODER(q4_0) {
  (void)codebook;
  NAME(halves_at)(rows, at, o->s);
  NAME(spread)(rows, at + 2, 1, o->stored);
  NAME(nibbles)(o->stored, 8, o->q);
}

DECODER(q4_1) {
  (void)codebook;
  NAME(pairs_at)(rows, at, o->s, o->m);
  NAME(spread)(rows, at + 4, 1, o->stored);
  NAME(nibbles)(o->stored, 0, o->q);
}

/// The fifth bits of a block's 32 elements are packed into one word.
static inline ALWAYS void NAME(fifth_bits)(
  const uint8_t *in, const uint8_t *high, int less, int8_t *q) {
  for (int j = 0; j < 16; j++)
    for (int i = 0; i < LANES; i++) {
      const uint8_t x = in[j * LANES + i];
      const uint8_t first = high[j / 8 * LANES + i] >> (j % 8) & 1;
      const uint8_t second = high[(2 + j / 8) * LANES + i] >> (j % 8) & 1;
      q[j * LANES + i] = (int8_t)(((x & 15) | first << 4) - less);
      q[(j + 16) * LANES + i] = (int8_t)((x >> 4 | second << 4) - less);
    }
}

DECODER(q5_0) {
  (void)codebook;
  NAME(halves_at)(rows, at, o->s);
  NAME(spread)(rows, at + 2, 1, o->stored);
  NAME(spread)(rows, at + 6, 1, o->stored + 16 * LANES);
  NAME(fifth_bits)(o->stored + 16 * LANES, o->stored, 16, o->q);
}

DECODER(q5_1) {
  (void)codebook;
  NAME(spread)(rows, at, 1, o->stored);
  NAME(spread)(rows, at + 8, 1, o->stored + 16 * LANES);
  NAME(halves_in)(o->stored, o->s);
  NAME(halves_in)(o->stored + 2 * LANES, o->m);
  NAME(fifth_bits)(o->stored + 16 * LANES, o->stored + 4 * LANES, 0, o->q);
}

DECODER(q8_0) {
  (void)codebook;
  NAME(halves_at)(rows, at, o->s);
  NAME(spread)(rows, at + 2, 2, (uint8_t *)o->q);
}

DECODER(q8_1) {
  (void)codebook;
  NAME(halves_at)(rows, at, o->s);
  NAME(spread)(rows, at + 4, 2, (uint8_t *)o->q);
}

DECODER(q8_k) {
  (void)codebook;
  for (int i = 0; i < LANES; i++) memcpy(o->s + i, rows[i] + at, 4);
  NAME(spread)(rows, at + 4, 16, (uint8_t *)o->q);
}

/// Sixteen groups of 16 two-bit values, each with a four-bit scale and minimum.
DECODER(q2_k) {
  (void)codebook;
  float d[LANES], minimum[LANES];
  NAME(pairs_at)(rows, at + 80, d, minimum);
  NAME(spread)(rows, at, 5, o->stored);
  for (int group = 0; group < 16; group++) {
    for (int i = 0; i < LANES; i++) {
      const uint8_t scale = o->stored[group * LANES + i];
      o->s[group * LANES + i] = d[i] * (float)(scale & 15);
      o->m[group * LANES + i] = -(minimum[i] * (float)(scale >> 4));
    }
    const int quants = 16 + group / 8 * 32 + group % 2 * 16;
    NAME(low_bits)(
      o->stored + quants * LANES, 16, group % 8 / 2 * 2, 3, 0, o->q + group * 16 * LANES);
  }
}

/// As `q2_k`, with a third bit in a mask (set: no offset) and six-bit signed scales.
DECODER(q3_k) {
  (void)codebook;
  float d[LANES];
  NAME(spread)(rows, at, 6, o->stored);
  // Scales and d, at 96 and 108: two bytes of the quants are read again.
  uint8_t *scales = o->stored + 96 * LANES;
  NAME(spread)(rows, at + 94, 1, scales);
  scales += 2 * LANES;
  NAME(halves_in)(scales + 12 * LANES, d);
  for (int group = 0; group < 16; group++) {
    for (int i = 0; i < LANES; i++) {
      const int low = scales[group % 8 * LANES + i] >> (group / 8 * 4) & 15;
      const int high = scales[(8 + group % 4) * LANES + i] >> (group / 4 * 2) & 3;
      o->s[group * LANES + i] = d[i] * (float)((low | high << 4) - 32);
    }
    const int half = group % 2 * 16, shift = group % 8 / 2 * 2;
    const uint8_t *in = o->stored + (32 + group / 8 * 32 + half) * LANES;
    const uint8_t *mask = o->stored + half * LANES;
    for (int i = 0; i < 16 * LANES; i++)
      o->q[group * 16 * LANES + i] =
        (int8_t)((uint8_t)(in[i] >> shift & 3) - (uint8_t)(~(mask[i] >> (group / 2)) << 2 & 4));
  }
}

/// The six-bit scales and minima of eight groups, from twelve packed bytes, times those of the block.
static inline ALWAYS void NAME(scales_and_minima)(const uint8_t *in, struct decoded *o) {
  float d[LANES], minimum[LANES];
  NAME(halves_in)(in, d);
  NAME(halves_in)(in + 2 * LANES, minimum);
  const uint8_t *packed = in + 4 * LANES;
  for (int j = 0; j < 8; j++)
    for (int i = 0; i < LANES; i++) {
      int scale, offset;
      if (j < 4) {
        scale = packed[j * LANES + i] & 63;
        offset = packed[(j + 4) * LANES + i] & 63;
      } else {
        const int low = packed[(j + 4) * LANES + i];
        scale = (low & 15) | packed[(j - 4) * LANES + i] >> 6 << 4;
        offset = low >> 4 | packed[j * LANES + i] >> 6 << 4;
      }
      o->s[j * LANES + i] = d[i] * (float)scale;
      o->m[j * LANES + i] = -(minimum[i] * (float)offset);
    }
}

DECODER(q4_k) {
  (void)codebook;
  NAME(spread)(rows, at, 9, o->stored);
  NAME(scales_and_minima)(o->stored, o);
  for (int group = 0; group < 8; group++)
    NAME(low_bits)(
      o->stored + (16 + group / 2 * 32) * LANES, 32, group % 2 * 4, 15, 0,
      o->q + group * 32 * LANES);
}

DECODER(q5_k) {
  (void)codebook;
  NAME(spread)(rows, at, 11, o->stored);
  NAME(scales_and_minima)(o->stored, o);
  for (int group = 0; group < 8; group++) {
    const uint8_t *in = o->stored + (48 + group / 2 * 32) * LANES, *high = o->stored + 16 * LANES;
    int8_t *q = o->q + group * 32 * LANES;
    for (int i = 0; i < 32 * LANES; i++)
      q[i] = (int8_t)((in[i] >> (group % 2 * 4) & 15) | (uint8_t)(high[i] >> group & 1) << 4);
  }
}

/// Each half of the super-block has four stripes of 32: two in the low nibbles of its 64 bytes, two in the high ones.
DECODER(q6_k) {
  (void)codebook;
  float d[LANES];
  NAME(halves_at)(rows, at + 208, d);
  NAME(spread)(rows, at, 13, o->stored);
  for (int group = 0; group < 16; group++)
    for (int i = 0; i < LANES; i++)
      o->s[group * LANES + i] = d[i] * (float)(int8_t)o->stored[(192 + group) * LANES + i];
  for (int stripe = 0; stripe < 8; stripe++) {
    const int half = stripe / 4, part = stripe % 4;
    const uint8_t *low = o->stored + (half * 64 + part % 2 * 32) * LANES;
    const uint8_t *high = o->stored + (128 + half * 32) * LANES;
    int8_t *q = o->q + stripe * 32 * LANES;
    for (int i = 0; i < 32 * LANES; i++)
      q[i] = (int8_t)(((low[i] >> (part / 2 * 4) & 15) | (uint8_t)(high[i] >> (part * 2) & 3) << 4) - 32);
  }
}

/// Sixteen bytes of two places in a table of sixteen levels each.
static inline ALWAYS void NAME(levels)(const uint8_t *in, const int8_t *table, int8_t *q) {
#if WIDTH == 4
  for (int i = 0; i < 16 * LANES; i++) {
    q[i] = table[in[i] & 15];
    q[16 * LANES + i] = table[in[i] >> 4];
  }
#else
  const __m256i all = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
  const __m256i mask = _mm256_set1_epi8(15);
  for (int i = 0; i < 16 * LANES; i += 32) {
    const __m256i x = _mm256_loadu_si256((const __m256i *)(in + i));
    const __m256i low = _mm256_and_si256(x, mask);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(x, 4), mask);
    _mm256_storeu_si256((__m256i *)(q + i), _mm256_shuffle_epi8(all, low));
    _mm256_storeu_si256((__m256i *)(q + 16 * LANES + i), _mm256_shuffle_epi8(all, high));
  }
#endif
}

/// The sixteen levels of the non-linear four-bit types, in 127ths.
static const int8_t NAME(non_linear)[16] = {
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
};

DECODER(iq4_nl) {
  (void)codebook;
  NAME(halves_at)(rows, at, o->s);
  NAME(spread)(rows, at + 2, 1, o->stored);
  NAME(levels)(o->stored, NAME(non_linear), o->q);
}

DECODER(iq4_xs) {
  (void)codebook;
  float d[LANES];
  NAME(spread)(rows, at, 1, o->stored);
  NAME(halves_in)(o->stored, d);
  for (int group = 0; group < 8; group++)
    for (int i = 0; i < LANES; i++) {
      const int low = o->stored[(4 + group / 2) * LANES + i] >> (group % 2 * 4) & 15;
      const int high = o->stored[(2 + group / 4) * LANES + i] >> (group % 4 * 2) & 3;
      o->s[group * LANES + i] = d[i] * (float)((low | high << 4) - 32);
    }
  NAME(spread)(rows, at + 8, 8, o->stored);
  for (int group = 0; group < 8; group++)
    NAME(levels)(o->stored + group * 16 * LANES, NAME(non_linear), o->q + group * 32 * LANES);
}

/// Twice the values of the four-bit float of two exponent bits and one of mantissa.
static const int8_t NAME(four_bit_floats)[16] = {
  0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12,
};

/// A scale that is a power of two, halved for `four_bit_floats`.
DECODER(mxfp4) {
  (void)codebook;
  for (int i = 0; i < LANES; i++) {
    const uint32_t exponent = rows[i][at];
    const uint32_t scale = exponent < 2 ? 0x00200000u << exponent : (exponent - 1) << 23;
    memcpy(o->s + i, &scale, 4);
  }
  NAME(spread)(rows, at + 1, 1, o->stored);
  NAME(levels)(o->stored, NAME(four_bit_floats), o->q);
}

/// Four groups of 16, each with a scale of four exponent bits and three of mantissa.
DECODER(nvfp4) {
  (void)codebook;
  for (int group = 0; group < 4; group++)
    for (int i = 0; i < LANES; i++) {
      const uint32_t x = rows[i][at + group], exponent = x >> 3 & 15, mantissa = x & 7;
      const uint32_t power = (exponent + 119) << 23;
      float scale;
      memcpy(&scale, &power, 4);
      scale = exponent == 0 ? (float)mantissa * 0x1p-10f : (1 + (float)mantissa / 8) * scale;
      o->s[group * LANES + i] = x == 0 || x == 0x7f ? 0 : scale;
    }
  NAME(spread)(rows, at + 4, 2, o->stored);
  for (int group = 0; group < 4; group++) {
    // Eight bytes of a group: the low numbers of all come before the high ones.
    int8_t q[32 * LANES];
    NAME(levels)(o->stored + group / 2 * 16 * LANES, NAME(four_bit_floats), q);
    memcpy(o->q + group * 16 * LANES, q + group % 2 * 8 * LANES, 8 * LANES);
    memcpy(o->q + (group * 16 + 8) * LANES, q + (16 + group % 2 * 8) * LANES, 8 * LANES);
  }
}

/// Five base-3 digits a byte, as a fraction of 256: multiplying shifts the highest digit out.
DECODER(tq1_0) {
  (void)codebook;
  NAME(spread)(rows, at, 3, o->stored);
  NAME(spread)(rows, at + 38, 1, o->stored + 48 * LANES);
  // The last bytes, at 48 of the block, stand from the tenth on there.
  const uint8_t *last = o->stored + (48 + 10) * LANES;
  NAME(halves_in)(last + 4 * LANES, o->s);
  int8_t *q = o->q;
  for (int part = 0; part < 3; part++) {
    const uint8_t *in = part == 0 ? o->stored : part == 1 ? o->stored + 32 * LANES : last;
    const int count = part == 0 ? 32 : part == 1 ? 16 : 4, digits = part == 2 ? 4 : 5;
    uint8_t power = 1;
    for (int digit = 0; digit < digits; digit++, power *= 3, q += count * LANES)
      for (int i = 0; i < count * LANES; i++)
        q[i] = (int8_t)(((uint16_t)(uint8_t)(in[i] * power) * 3 >> 8) - 1);
  }
}

DECODER(tq2_0) {
  (void)codebook;
  NAME(halves_at)(rows, at + 64, o->s);
  NAME(spread)(rows, at, 4, o->stored);
  for (int group = 0; group < 8; group++)
    NAME(low_bits)(
      o->stored + group / 4 * 32 * LANES, 32, group % 4 * 2, 3, 1, o->q + group * 32 * LANES);
}

/// Rows decoded one after another, then put side by side.
#define BY_ROW(name)                                                                        \
  DECODER(name) {                                                                           \
    int8_t *values = (int8_t *)o->stored;                                                    \
    const uint8_t *starts[LANES];                                                           \
    for (int i = 0; i < LANES; i++) {                                                       \
      starts[i] = o->stored + i * 256;                                                       \
      name(rows[i] + at, codebook, values + i * 256, o->s + i);                             \
    }                                                                                       \
    NAME(spread)(starts, 0, 16, (uint8_t *)o->q);                                           \
  }
BY_ROW(iq2_xxs)
BY_ROW(iq2_xs)
BY_ROW(iq2_s)
BY_ROW(iq3_xxs)
BY_ROW(iq3_s)
BY_ROW(iq1_s)
BY_ROW(iq1_m)
#undef BY_ROW
#undef DECODER
