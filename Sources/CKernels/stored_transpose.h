// Stored numbers of 32 rows put side by side, for one instruction set: bytes, halves or floats of sixteen
// bytes of every row at a time.

#pragma clang fp contract(fast)

typedef uint8_t NAME(bytes) __attribute__((vector_size(WIDTH * 4)));
#define bytes NAME(bytes)

#if WIDTH == 4
typedef uint16_t NAME(words) __attribute__((vector_size(16)));
typedef uint32_t NAME(doublewords) __attribute__((vector_size(16)));
typedef uint64_t NAME(quadwords) __attribute__((vector_size(16)));
#define UNPACK(name, type, ...)                                               \
  static inline ALWAYS bytes NAME(name)(bytes a, bytes b) {                   \
    return (bytes)__builtin_shufflevector((type)a, (type)b, __VA_ARGS__);     \
  }
UNPACK(low8, bytes, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
UNPACK(high8, bytes, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
UNPACK(low16, NAME(words), 0, 8, 1, 9, 2, 10, 3, 11)
UNPACK(high16, NAME(words), 4, 12, 5, 13, 6, 14, 7, 15)
UNPACK(low32, NAME(doublewords), 0, 4, 1, 5)
UNPACK(high32, NAME(doublewords), 2, 6, 3, 7)
UNPACK(low64, NAME(quadwords), 0, 2)
UNPACK(high64, NAME(quadwords), 1, 3)
#undef UNPACK
/// Sixteen bytes of a row, or of rows that are `step` apart, one a lane of sixteen bytes.
static inline ALWAYS bytes NAME(gather)(rows_t rows, size_t step, size_t offset) {
  bytes x;
  (void)step;
  memcpy(&x, rows[0] + offset, 16);
  return x;
}
/// The first halves of all lanes, then the second.
static inline ALWAYS bytes NAME(halves)(bytes x) { return x; }
#elif WIDTH == 8
#define UNPACK(name, operation)                                               \
  static inline ALWAYS bytes NAME(name)(bytes a, bytes b) {                   \
    return (bytes)operation((__m256i)a, (__m256i)b);                          \
  }
UNPACK(low8, _mm256_unpacklo_epi8)
UNPACK(high8, _mm256_unpackhi_epi8)
UNPACK(low16, _mm256_unpacklo_epi16)
UNPACK(high16, _mm256_unpackhi_epi16)
UNPACK(low32, _mm256_unpacklo_epi32)
UNPACK(high32, _mm256_unpackhi_epi32)
UNPACK(low64, _mm256_unpacklo_epi64)
UNPACK(high64, _mm256_unpackhi_epi64)
#undef UNPACK
static inline ALWAYS bytes NAME(gather)(rows_t rows, size_t step, size_t offset) {
  return (bytes)_mm256_inserti128_si256(
    _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(rows[0] + offset))),
    _mm_loadu_si128((const __m128i *)(rows[step] + offset)), 1);
}
static inline ALWAYS bytes NAME(halves)(bytes x) {
  return (bytes)_mm256_permute4x64_epi64((__m256i)x, 0xd8);
}
#else
#define UNPACK(name, operation)                                               \
  static inline ALWAYS bytes NAME(name)(bytes a, bytes b) {                   \
    return (bytes)operation((__m512i)a, (__m512i)b);                          \
  }
UNPACK(low8, _mm512_unpacklo_epi8)
UNPACK(high8, _mm512_unpackhi_epi8)
UNPACK(low16, _mm512_unpacklo_epi16)
UNPACK(high16, _mm512_unpackhi_epi16)
UNPACK(low32, _mm512_unpacklo_epi32)
UNPACK(high32, _mm512_unpackhi_epi32)
UNPACK(low64, _mm512_unpacklo_epi64)
UNPACK(high64, _mm512_unpackhi_epi64)
#undef UNPACK
static inline ALWAYS bytes NAME(gather)(rows_t rows, size_t step, size_t offset) {
  __m512i x = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(rows[0] + offset)));
  x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)(rows[step] + offset)), 1);
  x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)(rows[2 * step] + offset)), 2);
  return (bytes)_mm512_inserti32x4(
    x, _mm_loadu_si128((const __m128i *)(rows[3 * step] + offset)), 3);
}
static inline ALWAYS bytes NAME(halves)(bytes x) {
  return (bytes)_mm512_permutexvar_epi64(
    _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), (__m512i)x);
}
#endif

/// One step of a transposition of eight vectors: the n-th of the first four beside the n-th of the others.
#define INTERLEAVE(from, to, low, high)                                       \
  for (int i = 0; i < 4; i++) {                                               \
    to[2 * i] = NAME(low)(from[i], from[i + 4]);                              \
    to[2 * i + 1] = NAME(high)(from[i], from[i + 4]);                         \
  }

/// The sixteen bytes at `offset` of every row, as [16][32].
static inline ALWAYS void NAME(transpose)(rows_t rows, size_t offset, uint8_t *out) {
  for (size_t first = 0; first < LANES; first += 2 * WIDTH) {
    bytes x[8], y[8];
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) x[i] = NAME(gather)(rows + first + i, 8, offset);
#pragma clang loop unroll(full)
    INTERLEAVE(x, y, low8, high8)
#pragma clang loop unroll(full)
    INTERLEAVE(y, x, low8, high8)
#pragma clang loop unroll(full)
    INTERLEAVE(x, y, low8, high8)
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) {
      bytes z = NAME(halves)(y[i]);
      memcpy(out + 2 * i * LANES + first, &z, 2 * WIDTH);
      memcpy(out + (2 * i + 1) * LANES + first, (const uint8_t *)&z + 2 * WIDTH, 2 * WIDTH);
    }
  }
}

/// The eight words at `offset` of every row, as [8][32].
static inline ALWAYS void NAME(transpose_words)(rows_t rows, size_t offset, uint16_t *out) {
  for (size_t first = 0; first < LANES; first += 2 * WIDTH) {
    bytes x[8], y[8];
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) x[i] = NAME(gather)(rows + first + i, 8, offset);
#pragma clang loop unroll(full)
    INTERLEAVE(x, y, low16, high16)
#pragma clang loop unroll(full)
    INTERLEAVE(y, x, low16, high16)
#pragma clang loop unroll(full)
    INTERLEAVE(x, y, low16, high16)
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) memcpy(out + i * LANES + first, &y[i], WIDTH * 4);
  }
}

/// The four floats at `offset` of every row, as [4][32].
static inline ALWAYS void NAME(transpose_floats)(rows_t rows, size_t offset, float *out) {
  for (size_t first = 0; first < LANES; first += WIDTH) {
    bytes x[4], y[4];
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) x[i] = NAME(gather)(rows + first + i, 4, offset);
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
      y[2 * i] = NAME(low32)(x[2 * i], x[2 * i + 1]);
      y[2 * i + 1] = NAME(high32)(x[2 * i], x[2 * i + 1]);
    }
    x[0] = NAME(low64)(y[0], y[2]);
    x[1] = NAME(high64)(y[0], y[2]);
    x[2] = NAME(low64)(y[1], y[3]);
    x[3] = NAME(high64)(y[1], y[3]);
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) memcpy(out + i * LANES + first, &x[i], WIDTH * 4);
  }
}

#undef INTERLEAVE
