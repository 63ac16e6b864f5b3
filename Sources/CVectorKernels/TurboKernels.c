#include <float.h>
#include <math.h>
#include <string.h>

#include "CVectorKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#pragma clang fp contract(off)

enum { block_bytes = VK_TURBO_BLOCK / 2 };

static const float query_max = VK_TURBO_GREATEST;

// The centroids of sixteen cells of a normal distribution (Lloyd and Max).
static const float centroids[16] = {-2.733f,  -2.069f, -1.618f, -1.256f, -0.9424f, -0.6568f,
                                    -0.3881f, -0.1284f, 0.1284f, 0.3881f, 0.6568f,  0.9424f,
                                    1.256f,   1.618f,  2.069f,  2.733f};

// The same in steps of 2.733/128.
static const int8_t steps[16] = {-128, -97, -76, -59, -44, -31, -18, -6,
                                 6,    18,  31,  44,  59,  76,  97,  127};

// Four numbers beside each other, which need not be aligned.
typedef double four __attribute__((vector_size(32), aligned(8)));

// The stages of distance `half` and 2 · `half` at once: each number is read once for both.
static void transform_twice(double *numbers, size_t count, size_t half) {
  if (half == 1) {
    for (double *n = numbers; n < numbers + count; n += 4) {
      double a = n[0] + n[1], b = n[0] - n[1], c = n[2] + n[3], d = n[2] - n[3];
      n[0] = a + c;
      n[1] = b + d;
      n[2] = a - c;
      n[3] = b - d;
    }
    return;
  }
  for (size_t start = 0; start < count; start += 4 * half) {
    for (size_t i = start; i < start + half; i += 4) {
      four *first = (four *)(numbers + i), *second = (four *)(numbers + i + half);
      four *third = (four *)(numbers + i + 2 * half), *fourth = (four *)(numbers + i + 3 * half);
      four a = *first + *second, b = *first - *second, c = *third + *fourth, d = *third - *fourth;
      *first = a + c;
      *second = b + d;
      *third = a - c;
      *fourth = b - d;
    }
  }
}

static void transform_once(double *numbers, size_t count, size_t half) {
  for (size_t start = 0; start < count; start += 2 * half) {
    for (size_t i = start; i < start + half; i++) {
      double a = numbers[i];
      double b = numbers[i + half];
      numbers[i] = a + b;
      numbers[i + half] = a - b;
    }
  }
}

// Each number comes of the same sums in the same order whichever stages are taken together.
static void transform(double *numbers, size_t count) {
  size_t half = 1;
  for (; 4 * half <= count; half *= 4) {
    transform_twice(numbers, count, half);
  }
  if (half < count) transform_once(numbers, count, half);
  double norm = 1 / sqrt((double)count);
  for (size_t i = 0; i < count; i++) {
    numbers[i] *= norm;
  }
}

static void transform_pieces(double *numbers, size_t dimension) {
  while (dimension > 0) {
    size_t piece = (size_t)1 << (63 - __builtin_clzll(dimension));
    transform(numbers, piece);
    numbers += piece;
    dimension -= piece;
  }
}

void vk_turbo_rotate(const uint32_t *maps, size_t dimension, double *numbers, double *scratch) {
  transform_pieces(numbers, dimension);
  for (size_t round = 0; round < VK_TURBO_ROUNDS; round++) {
    const uint32_t *map = maps + round * dimension;
    for (size_t k = 0; k < dimension; k++) {
      scratch[k] = numbers[map[k]];
    }
    memcpy(numbers, scratch, dimension * sizeof(double));
    transform_pieces(numbers, dimension);
  }
}

void vk_turbo_encode(const double *rotated, size_t padded, size_t code_bytes, uint8_t *row) {
  double squares = 0;
  for (size_t i = 0; i < padded; i++) {
    squares += rotated[i] * rotated[i];
  }
  // That of numbers near the greatest is none.
  float length = (float)fmin(sqrt(squares), (double)FLT_MAX);
  double scale = length > 0 ? sqrt((double)padded) / (double)length : 1;
  memset(row, 0, code_bytes);
  double kept = 0;
  for (size_t i = 0; i < padded; i++) {
    float number = (float)(rotated[i] * scale);
    unsigned code = 0;
    for (size_t cell = 0; cell < 15; cell++) {
      code += number > (centroids[cell] + centroids[cell + 1]) / 2;
    }
    kept += (double)centroids[code] * (double)centroids[code];
    row[i / 2] |= (uint8_t)(code << (i % 2 * 4));
  }
  float factor = length / (float)sqrt(kept);
  memcpy(row + code_bytes, &factor, sizeof factor);
  memcpy(row + code_bytes + sizeof factor, &length, sizeof length);
}

void vk_turbo_decode(const uint8_t *row, size_t padded, size_t code_bytes, double *rotated) {
  float length;
  memcpy(&length, row + code_bytes + sizeof(float), sizeof length);
  double scale = (double)length / sqrt((double)padded);
  for (size_t i = 0; i < padded; i++) {
    rotated[i] = (double)centroids[row[i / 2] >> (i % 2 * 4) & 15] * scale;
  }
}

void vk_turbo_arrange(const double *rotated, size_t padded, float steps, int16_t *query) {
  for (size_t i = 0; i < padded; i++) {
    float number = (float)rotated[i] * steps;
    // A vector that is not finite has no numbers.
    if (!(__builtin_fabsf(number) < __builtin_inff())) continue;
    number = number > query_max ? query_max : number < -query_max ? -query_max : number;
    int32_t whole = (int32_t)number;
    float rest = number - (float)whole;
    whole += (rest >= 0.5f) - (rest <= -0.5f);
    query[i / VK_TURBO_BLOCK * VK_TURBO_BLOCK + i % 2 * block_bytes + i % VK_TURBO_BLOCK / 2] =
        (int16_t)whole;
  }
}

static int64_t sum_plain(const int16_t *query, const uint8_t *codes, size_t code_bytes) {
  int64_t sum = 0;
  for (size_t k = 0; k < code_bytes; k++) {
    const int16_t *block = query + k / block_bytes * VK_TURBO_BLOCK + k % block_bytes;
    sum += block[0] * steps[codes[k] & 15] + block[block_bytes] * steps[codes[k] >> 4];
  }
  return sum;
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static int64_t sum_avx2(const int16_t *query, const uint8_t *codes,
                                                        size_t code_bytes) {
  // Sums of 32 bits hold as many blocks for certain: 256 × 4 × 8127 × 128 < 2³¹.
  enum { blocks_max = 256 };
  const __m128i table = _mm_loadu_si128((const __m128i *)steps);
  const __m128i nibble = _mm_set1_epi8(15);
  size_t blocks = (code_bytes + block_bytes - 1) / block_bytes;
  int64_t sum = 0;
  for (size_t start = 0; start < blocks; start += blocks_max) {
    size_t end = start + blocks_max < blocks ? start + blocks_max : blocks;
    __m256i sums = _mm256_setzero_si256();
    for (size_t block = start; block < end; block++) {
      uint8_t tail[block_bytes];
      const uint8_t *bytes = codes + block * block_bytes;
      if ((block + 1) * block_bytes > code_bytes) {
        // The query is zero there; what lies behind the codes is not to be read.
        memset(tail, 0, sizeof tail);
        memcpy(tail, bytes, code_bytes - block * block_bytes);
        bytes = tail;
      }
      __m128i packed = _mm_loadu_si128((const __m128i *)bytes);
      __m128i even = _mm_shuffle_epi8(table, _mm_and_si128(packed, nibble));
      __m128i odd =
          _mm_shuffle_epi8(table, _mm_and_si128(_mm_srli_epi16(packed, 4), nibble));
      const __m256i *numbers = (const __m256i *)(query + block * VK_TURBO_BLOCK);
      sums = _mm256_add_epi32(
          sums, _mm256_madd_epi16(_mm256_cvtepi8_epi16(even), _mm256_loadu_si256(numbers)));
      sums = _mm256_add_epi32(
          sums, _mm256_madd_epi16(_mm256_cvtepi8_epi16(odd), _mm256_loadu_si256(numbers + 1)));
    }
    int32_t parts[8];
    _mm256_storeu_si256((__m256i *)parts, sums);
    for (size_t i = 0; i < 8; i++) {
      sum += parts[i];
    }
  }
  return sum;
}

#endif

void vk_turbo_sums(vk_variant variant, const int16_t *query, size_t code_bytes,
                   const uint8_t *rows, size_t stride, size_t count, float *out) {
  for (size_t i = 0; i < count; i++) {
    const uint8_t *codes = rows + i * stride;
#if defined(__x86_64__)
    if (variant == VK_AVX2 || variant == VK_AVX512) {
      out[i] = (float)sum_avx2(query, codes, code_bytes);
      continue;
    }
#else
    (void)variant;
#endif
    out[i] = (float)sum_plain(query, codes, code_bytes);
  }
}
