// The matrix products and the attention of the model in bfloat16 with sums in single precision, and
// one product in bytes, for processors that have instructions for both.
#include "CEmbeddingKernels.h"

#if defined(__x86_64__)

#include <math.h>
#include <string.h>

#include "BrainFloat.h"

int embedding_has_bf16(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

// As the loops have it: formula 7.1.26 of Abramowitz and Stegun.
INLINE __m512 gelu16(__m512 v) {
  __m512 a = _mm512_mul_ps(_mm512_abs_ps(v), _mm512_set1_ps(0.707106781f));
  __m512 d = _mm512_fmadd_ps(a, _mm512_set1_ps(0.3275911f), _mm512_set1_ps(1.0f));
  __m512 t = _mm512_rcp14_ps(d);
  t = _mm512_mul_ps(t, _mm512_fnmadd_ps(d, t, _mm512_set1_ps(2.0f)));
  __m512 p = _mm512_set1_ps(1.061405429f);
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-1.453152027f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(1.421413741f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-0.284496736f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.254829592f));
  __m512 square = _mm512_mul_ps(a, _mm512_mul_ps(a, _mm512_set1_ps(-1.44269504f)));
  __m512 tail = _mm512_mul_ps(_mm512_mul_ps(p, t), exponential2(square));
  tail = _mm512_mul_ps(tail, _mm512_set1_ps(0.5f));
  __mmask16 negative = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_LT_OQ);
  __m512 share = _mm512_mask_mov_ps(_mm512_sub_ps(_mm512_set1_ps(1.0f), tail), negative, tail);
  return _mm512_mul_ps(v, share);
}

enum ending { PLAIN, ROUNDED };

// `rows` rows, a constant where this is inlined, of one panel.
INLINE void tile(const uint16_t *input, const uint16_t *panel, const float *bias, size_t rows,
                 size_t inputs, size_t outputs, void *output, enum ending ending) {
  __m512 sum[TILE][4];
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    for (size_t part = 0; part < 4; part++) sum[row][part] = _mm512_loadu_ps(bias + 16 * part);
  }
  for (size_t i = 0; i < inputs; i += 2, panel += 2 * PANEL) {
    __m512bh weight[4];
#pragma clang loop unroll(full)
    for (size_t part = 0; part < 4; part++) {
      weight[part] = (__m512bh)_mm512_loadu_si512(panel + 32 * part);
    }
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      __m512bh value = pair(input + row * inputs + i);
#pragma clang loop unroll(full)
      for (size_t part = 0; part < 4; part++) {
        sum[row][part] = _mm512_dpbf16_ps(sum[row][part], value, weight[part]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
#pragma clang loop unroll(full)
    for (size_t part = 0; part < 4; part++) {
      size_t place = row * outputs + 16 * part;
      if (ending == PLAIN) {
        _mm512_storeu_ps((float *)output + place, sum[row][part]);
      } else {
        store16((uint16_t *)output + place, sum[row][part]);
      }
    }
  }
}

INLINE void product(const uint16_t *input, const uint16_t *packed, const float *bias, size_t rows,
                    size_t outputs, size_t inputs, void *output, enum ending ending) {
  size_t width = ending == PLAIN ? sizeof(float) : sizeof(uint16_t);
  for (size_t first = 0; first < outputs; first += PANEL) {
    const uint16_t *panel = packed + first * inputs;
    char *place = (char *)output + first * width;
    size_t row = 0;
    for (; row + TILE <= rows; row += TILE) {
      tile(input + row * inputs, panel, bias + first, TILE, inputs, outputs,
           place + row * outputs * width, ending);
    }
    // The last tile does some rows again; few rows go one by one.
    if (row < rows && rows >= TILE) {
      row = rows - TILE;
      tile(input + row * inputs, panel, bias + first, TILE, inputs, outputs,
           place + row * outputs * width, ending);
      continue;
    }
    for (; row < rows; row++) {
      tile(input + row * inputs, panel, bias + first, 1, inputs, outputs,
           place + row * outputs * width, ending);
    }
  }
}

BF16 void embedding_multiply_bf16(const uint16_t *input, const uint16_t *packed, const float *bias,
                                  float *output, size_t rows, size_t outputs, size_t inputs) {
  product(input, packed, bias, rows, outputs, inputs, output, PLAIN);
}

BF16 void embedding_multiply_rounded_bf16(const uint16_t *input, const uint16_t *packed,
                                          const float *bias, uint16_t *output, size_t rows,
                                          size_t outputs, size_t inputs) {
  product(input, packed, bias, rows, outputs, inputs, output, ROUNDED);
}

INLINE void byte_tile(const uint8_t *input, const float *steps, const int8_t *panel,
                      const float *scales, const int32_t *starts, const float *bias, size_t rows,
                      size_t inputs, size_t outputs, uint16_t *output) {
  __m512i sum[TILE][4];
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    for (size_t part = 0; part < 4; part++) sum[row][part] = _mm512_loadu_si512(starts + 16 * part);
  }
  for (size_t i = 0; i < inputs; i += 4, panel += 4 * PANEL) {
    __m512i weight[4];
#pragma clang loop unroll(full)
    for (size_t part = 0; part < 4; part++) weight[part] = _mm512_loadu_si512(panel + 64 * part);
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      int32_t four;
      memcpy(&four, input + row * inputs + i, sizeof four);
      __m512i value = _mm512_set1_epi32(four);
#pragma clang loop unroll(full)
      for (size_t part = 0; part < 4; part++) {
        sum[row][part] = _mm512_dpbusd_epi32(sum[row][part], value, weight[part]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    __m512 step = _mm512_set1_ps(steps[row]);
#pragma clang loop unroll(full)
    for (size_t part = 0; part < 4; part++) {
      __m512 scale = _mm512_mul_ps(step, _mm512_loadu_ps(scales + 16 * part));
      __m512 value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[row][part]), scale,
                                     _mm512_loadu_ps(bias + 16 * part));
      store16(output + row * outputs + 16 * part, gelu16(value));
    }
  }
}

BF16 void embedding_multiply_gelu_int8(const uint8_t *input, const float *steps,
                                       const int8_t *packed, const float *scales,
                                       const int32_t *starts, const float *bias, uint16_t *output,
                                       size_t rows, size_t outputs, size_t inputs) {
  for (size_t first = 0; first < outputs; first += PANEL) {
    const int8_t *panel = packed + first * inputs;
    for (size_t row = 0; row < rows;) {
      size_t count = rows >= TILE ? TILE : 1;
      if (row + count > rows) row = rows - count;
      const uint8_t *from = input + row * inputs;
      uint16_t *to = output + row * outputs + first;
      if (count == TILE) {
        byte_tile(from, steps + row, panel, scales + first, starts + first, bias + first, TILE,
                  inputs, outputs, to);
      } else {
        byte_tile(from, steps + row, panel, scales + first, starts + first, bias + first, 1,
                  inputs, outputs, to);
      }
      row += count;
    }
  }
}

INLINE void quantize(const float *x, const float *shrink, uint8_t *bytes, float *step,
                     size_t columns) {
  __m512 most = _mm512_setzero_ps();
  for (size_t i = 0; i < columns; i += 16) {
    __m512 v = _mm512_mul_ps(_mm512_loadu_ps(x + i), _mm512_loadu_ps(shrink + i));
    most = _mm512_max_ps(most, _mm512_abs_ps(v));
  }
  float greatest = _mm512_reduce_max_ps(most);
  *step = greatest / 127.0f;
  __m512 inverse = _mm512_set1_ps(greatest > 0.0f ? 127.0f / greatest : 0.0f);
  for (size_t i = 0; i < columns; i += 16) {
    __m512 v = _mm512_mul_ps(_mm512_loadu_ps(x + i), _mm512_loadu_ps(shrink + i));
    __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(v, inverse));
    whole = _mm512_add_epi32(whole, _mm512_set1_epi32(128));
    _mm_storeu_si128((__m128i *)(bytes + i), _mm512_cvtusepi32_epi8(whole));
  }
}

INLINE void normalize(float *x, const float *residual, const float *gain, const float *offset,
                      size_t columns, float epsilon) {
  __m512 sums = _mm512_setzero_ps();
  for (size_t i = 0; i < columns; i += 16) {
    __m512 v = _mm512_add_ps(_mm512_loadu_ps(x + i), _mm512_loadu_ps(residual + i));
    _mm512_storeu_ps(x + i, v);
    sums = _mm512_add_ps(sums, v);
  }
  __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sums) / (float)columns);
  __m512 squares = _mm512_setzero_ps();
  for (size_t i = 0; i < columns; i += 16) {
    __m512 v = _mm512_sub_ps(_mm512_loadu_ps(x + i), mean);
    squares = _mm512_fmadd_ps(v, v, squares);
  }
  float variance = _mm512_reduce_add_ps(squares) / (float)columns;
  __m512 inverse = _mm512_set1_ps(1.0f / sqrtf(variance + epsilon));
  for (size_t i = 0; i < columns; i += 16) {
    __m512 v = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(x + i), mean), inverse);
    v = _mm512_fmadd_ps(v, _mm512_loadu_ps(gain + i), _mm512_loadu_ps(offset + i));
    _mm512_storeu_ps(x + i, v);
  }
}

BF16 void embedding_layer_norm_int8(float *x, const float *residual, const float *gain,
                                    const float *offset, const float *shrink, uint8_t *bytes,
                                    float *steps, size_t rows, size_t columns, float epsilon) {
  for (size_t row = 0; row < rows; row++) {
    normalize(x, residual, gain, offset, columns, epsilon);
    quantize(x, shrink, bytes, steps + row, columns);
    x += columns;
    residual += columns;
    bytes += columns;
  }
}

BF16 void embedding_layer_norm_bf16(float *x, const float *residual, const float *gain,
                                    const float *offset, uint16_t *copy, size_t rows,
                                    size_t columns, float epsilon) {
  for (size_t row = 0; row < rows; row++) {
    normalize(x, residual, gain, offset, columns, epsilon);
    for (size_t i = 0; i < columns; i += 16) store16(copy + i, _mm512_loadu_ps(x + i));
    x += columns;
    residual += columns;
    copy += columns;
  }
}

BF16 void embedding_round_bf16(const float *x, uint16_t *copy, size_t count) {
  for (size_t i = 0; i < count; i += 16) store16(copy + i, _mm512_loadu_ps(x + i));
}

#endif
