// The types of one to three bits, whose numbers stand in a codebook, a row at a time: which vector of the codebook is where
// in it differs from row to row, so that rows are decoded to bytes first and put side by side then.

/// Eight bytes of a codebook, negated where `signs` has a bit; none is zero there.
static inline ALWAYS void put_signed(const int8_t *vector, uint8_t signs, int8_t *out) {
  uint64_t x, spread = (signs * 0x0101010101010101u) & 0x8040201008040201u;
  memcpy(&x, vector, 8);
  const uint64_t ones =
    ((((spread & 0x7f7f7f7f7f7f7f7fu) + 0x7f7f7f7f7f7f7f7fu) | spread) >> 7) & 0x0101010101010101u;
  x = (x ^ ones * 255) + ones;
  memcpy(out, &x, 8);
}

/// The same of two vectors of four.
static inline ALWAYS void put_signed_pair(
  const int8_t *first, const int8_t *second, uint8_t signs, int8_t *out) {
  int8_t both[8];
  memcpy(both, first, 4);
  memcpy(both + 4, second, 4);
  put_signed(both, signs, out);
}

/// The signs of eight elements from seven bits: the eighth makes their number even.
static inline ALWAYS uint8_t even_signs(uint32_t index) {
  const uint8_t low = index & 127;
  return low | (uint8_t)(__builtin_popcount(low) & 1) << 7;
}

// Scales go to every 32nd place from `s`, one a group.

static void iq2_xxs(const uint8_t *block, const int8_t *codebook, int8_t *q, float *s) {
  const float d = half_value(word(block));
  for (int group = 0; group < 8; group++) {
    const uint8_t *at = block + 2 + group * 8;
    const uint32_t packed = word32(at + 4);
    s[group * LANES] = d * (0.5f + (float)(packed >> 28)) * 0.25f;
    for (int k = 0; k < 4; k++)
      put_signed(codebook + at[k] * 8, even_signs(packed >> (7 * k)), q + group * 32 + k * 8);
  }
}

static inline ALWAYS float nibble_scale(const uint8_t *scales, int group, float d) {
  return d * (0.5f + (float)(scales[group / 2] >> (group % 2 * 4) & 15)) * 0.25f;
}

static void iq2_xs(const uint8_t *block, const int8_t *codebook, int8_t *q, float *s) {
  const float d = half_value(word(block));
  for (int group = 0; group < 16; group++) s[group * LANES] = nibble_scale(block + 66, group, d);
  for (int entry = 0; entry < 32; entry++) {
    const uint16_t packed = word(block + 2 + entry * 2);
    put_signed(codebook + (packed & 511) * 8, even_signs(packed >> 9), q + entry * 8);
  }
}

static void iq2_s(const uint8_t *block, const int8_t *codebook, int8_t *q, float *s) {
  const float d = half_value(word(block));
  for (int group = 0; group < 16; group++) s[group * LANES] = nibble_scale(block + 74, group, d);
  for (int entry = 0; entry < 32; entry++) {
    const int high = block[66 + entry / 4] >> (entry % 4 * 2) & 3;
    put_signed(codebook + (block[2 + entry] | high << 8) * 8, block[34 + entry], q + entry * 8);
  }
}

static void iq3_xxs(const uint8_t *block, const int8_t *codebook, int8_t *q, float *s) {
  const float d = half_value(word(block));
  for (int group = 0; group < 8; group++) {
    const uint8_t *at = block + 2 + group * 8;
    const uint32_t packed = word32(block + 66 + group * 4);
    s[group * LANES] = d * (0.5f + (float)(packed >> 28)) * 0.5f;
    for (int k = 0; k < 4; k++)
      put_signed_pair(
        codebook + at[2 * k] * 4, codebook + at[2 * k + 1] * 4, even_signs(packed >> (7 * k)),
        q + group * 32 + k * 8);
  }
}

static void iq3_s(const uint8_t *block, const int8_t *codebook, int8_t *q, float *s) {
  const float d = half_value(word(block));
  for (int group = 0; group < 8; group++) {
    const int nibble = block[106 + group / 2] >> (group % 2 * 4) & 15;
    s[group * LANES] = d * (float)(1 + 2 * nibble);
    const uint8_t *at = block + 2 + group * 8, high = block[66 + group];
    for (int k = 0; k < 4; k++)
      put_signed_pair(
        codebook + (at[2 * k] | (high >> (2 * k) & 1) << 8) * 4,
        codebook + (at[2 * k + 1] | (high >> (2 * k + 1) & 1) << 8) * 4, block[74 + group * 4 + k],
        q + group * 32 + k * 8);
  }
}

/// Eighths: eight times a vector of −1, 0 and 1, and one more or less.
static inline ALWAYS void put_shifted(const int8_t *vector, bool less, int8_t *out) {
  for (int i = 0; i < 8; i++) out[i] = (int8_t)(vector[i] * 8 + (less ? -1 : 1));
}

static void iq1_s(const uint8_t *block, const int8_t *codebook, int8_t *q, float *s) {
  const float d = half_value(word(block));
  for (int group = 0; group < 8; group++) {
    const uint16_t packed = word(block + 34 + group * 2);
    s[group * LANES] = d * (float)(2 * (packed >> 12 & 7) + 1) * 0.125f;
    for (int k = 0; k < 4; k++)
      put_shifted(
        codebook + (block[2 + group * 4 + k] | (packed >> (3 * k) & 7) << 8) * 8, packed & 0x8000,
        q + group * 32 + k * 8);
  }
}

/// The block's scale is spread over the highest four bits of four words.
static void iq1_m(const uint8_t *block, const int8_t *codebook, int8_t *q, float *s) {
  uint32_t bits = 0;
  for (int i = 0; i < 4; i++) bits |= (uint32_t)(word(block + 48 + i * 2) >> 12) << (i * 4);
  const float d = half_value(bits);
  for (int pair = 0; pair < 16; pair++) {
    const int scale = word(block + 48 + pair / 4 * 2) >> (pair % 4 * 3) & 7;
    s[pair * LANES] = d * (float)(2 * scale + 1) * 0.125f;
    for (int half = 0; half < 2; half++) {
      const int packed = block[32 + pair] >> (half * 4);
      put_shifted(
        codebook + (block[pair * 2 + half] | (packed & 7) << 8) * 8, packed & 8,
        q + pair * 16 + half * 8);
    }
  }
}
