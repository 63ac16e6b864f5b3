// The attention of the model in bfloat16: scores, softmax and the mixture of values of a few rows at
// a time, so that no matrix of scores is ever written out.
#include "CEmbeddingKernels.h"

#if defined(__x86_64__)

#include <math.h>
#include <string.h>

#include "BrainFloat.h"

// Components of a head, as two registers of sums or sixteen pairs.
enum { HEAD = 32, PAIRS = 16 };

// Keys as [pair][key] and values as [pair of keys][component]: what the products take. Rows up to
// `padded` are zeros.
INLINE void arrange(const uint16_t *keys, const uint16_t *values, size_t stride, size_t count,
                    size_t padded, uint32_t *turned, uint32_t *joined) {
  for (size_t key = 0; key < padded; key++) {
    uint32_t pairs[PAIRS];
    if (key < count) {
      memcpy(pairs, keys + key * stride, sizeof pairs);
    } else {
      memset(pairs, 0, sizeof pairs);
    }
    for (size_t p = 0; p < PAIRS; p++) turned[p * padded + key] = pairs[p];
  }
  __m512i low = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39,
                                 7, 38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
  __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
  for (size_t key = 0; key < padded; key += 2, joined += HEAD) {
    __m512i first = _mm512_setzero_si512(), second = first;
    if (key < count) first = _mm512_loadu_si512(values + key * stride);
    if (key + 1 < count) second = _mm512_loadu_si512(values + (key + 1) * stride);
    _mm512_storeu_si512(joined, _mm512_permutex2var_epi16(first, low, second));
    _mm512_storeu_si512(joined + 16, _mm512_permutex2var_epi16(first, high, second));
  }
}

// The rows of `scores` become 2^(score - greatest), rounded, in `shares`; `inverse` takes one over
// their sums.
INLINE void soften(const float *scores, uint16_t *shares, float *inverse, size_t rows,
                   size_t count, size_t padded) {
  __mmask16 last = (__mmask16)(0xffff >> (padded - count));
  for (size_t row = 0; row < rows; row++, scores += padded, shares += padded) {
    __m512 most = _mm512_set1_ps(-INFINITY);
    size_t i = 0;
    for (; i + 16 < padded; i += 16) most = _mm512_max_ps(most, _mm512_loadu_ps(scores + i));
    most = _mm512_mask_max_ps(most, last, most, _mm512_loadu_ps(scores + i));
    __m512 greatest = _mm512_set1_ps(_mm512_reduce_max_ps(most));
    __m512 sum = _mm512_setzero_ps();
    for (i = 0; i < padded; i += 16) {
      __m512 v = exponential2(_mm512_sub_ps(_mm512_loadu_ps(scores + i), greatest));
      if (i + 16 == padded) v = _mm512_maskz_mov_ps(last, v);
      sum = _mm512_add_ps(sum, v);
      store16(shares + i, v);
    }
    inverse[row] = 1.0f / _mm512_reduce_add_ps(sum);
  }
}

INLINE void score(const uint16_t *queries, size_t stride, const uint32_t *turned, float *scores,
                  size_t rows, size_t padded) {
  for (size_t first = 0; first < padded; first += 32) {
    size_t parts = first + 32 <= padded ? 2 : 1;
    __m512 sum[TILE][2];
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) sum[row][0] = sum[row][1] = _mm512_setzero_ps();
    for (size_t p = 0; p < PAIRS; p++) {
      const uint32_t *place = turned + p * padded + first;
      __m512bh left = (__m512bh)_mm512_loadu_si512(place);
      __m512bh right = parts == 2 ? (__m512bh)_mm512_loadu_si512(place + 16) : left;
#pragma clang loop unroll(full)
      for (size_t row = 0; row < rows; row++) {
        __m512bh value = pair(queries + row * stride + 2 * p);
        sum[row][0] = _mm512_dpbf16_ps(sum[row][0], value, left);
        sum[row][1] = _mm512_dpbf16_ps(sum[row][1], value, right);
      }
    }
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      _mm512_storeu_ps(scores + row * padded + first, sum[row][0]);
      if (parts == 2) _mm512_storeu_ps(scores + row * padded + first + 16, sum[row][1]);
    }
  }
}

INLINE void mix(const uint16_t *shares, const float *inverse, const uint32_t *joined,
                uint16_t *context, size_t width, size_t rows, size_t padded) {
  __m512 sum[TILE][2];
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) sum[row][0] = sum[row][1] = _mm512_setzero_ps();
  for (size_t key = 0; key < padded; key += 2, joined += HEAD) {
    __m512bh left = (__m512bh)_mm512_loadu_si512(joined);
    __m512bh right = (__m512bh)_mm512_loadu_si512(joined + 16);
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      __m512bh value = pair(shares + row * padded + key);
      sum[row][0] = _mm512_dpbf16_ps(sum[row][0], value, left);
      sum[row][1] = _mm512_dpbf16_ps(sum[row][1], value, right);
    }
  }
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    __m512 scale = _mm512_set1_ps(inverse[row]);
    store16(context + row * width, _mm512_mul_ps(sum[row][0], scale));
    store16(context + row * width + 16, _mm512_mul_ps(sum[row][1], scale));
  }
}

INLINE void attend(const uint16_t *queries, size_t stride, const uint32_t *turned,
                   const uint32_t *joined, float *scores, uint16_t *shares, uint16_t *context,
                   size_t width, size_t rows, size_t count, size_t padded) {
  float inverse[TILE];
  score(queries, stride, turned, scores, rows, padded);
  soften(scores, shares, inverse, rows, count, padded);
  mix(shares, inverse, joined, context, width, rows, padded);
}

size_t embedding_attention_scratch_bf16(size_t count) {
  size_t padded = (count + 15) / 16 * 16;
  return padded * (PAIRS + HEAD / 2 + TILE + TILE / 2) * sizeof(uint32_t);
}

BF16 void embedding_attend_bf16(const uint16_t *projected, uint16_t *context, size_t count,
                                size_t width, void *scratch) {
  size_t padded = (count + 15) / 16 * 16, stride = 3 * width;
  uint32_t *turned = scratch;
  uint32_t *joined = turned + PAIRS * padded;
  float *scores = (float *)(joined + padded / 2 * HEAD);
  uint16_t *shares = (uint16_t *)(scores + TILE * padded);
  for (size_t head = 0; head < width; head += HEAD) {
    const uint16_t *queries = projected + head;
    arrange(queries + width, queries + 2 * width, stride, count, padded, turned, joined);
    size_t row = 0;
    for (; row + TILE <= count; row += TILE) {
      attend(queries + row * stride, stride, turned, joined, scores, shares,
             context + row * width + head, width, TILE, count, padded);
    }
    if (row < count && count >= TILE) {
      row = count - TILE;
      attend(queries + row * stride, stride, turned, joined, scores, shares,
             context + row * width + head, width, TILE, count, padded);
      continue;
    }
    for (; row < count; row++) {
      attend(queries + row * stride, stride, turned, joined, scores, shares,
             context + row * width + head, width, 1, count, padded);
    }
  }
}

#endif
