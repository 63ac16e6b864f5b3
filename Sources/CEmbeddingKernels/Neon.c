// The matrix products and the attention of the model for ARM processors that have instructions for
// bfloat16 and for products of bytes; what each does is told where the other family's are.
#include "CEmbeddingKernels.h"

#if defined(__aarch64__)

#include <math.h>
#include <string.h>

#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "Panel.h"

#define NEON __attribute__((target("bf16,i8mm,dotprod")))
#define INLINE static inline __attribute__((always_inline)) NEON

// Rows whose sums are kept in registers, four registers each.
enum { TILE = 4, PART = 16 };
// Components of a head and pairs of them.
enum { HEAD = 32, PAIRS = 16 };

int embedding_has_bf16(void) {
#if defined(__linux__)
  // As the kernel names them: products of bytes, bfloat16.
  const unsigned long needed = (1ul << 13) | (1ul << 14);
  return (getauxval(AT_HWCAP2) & needed) == needed;
#else
  return 0;
#endif
}

// 2^x for x <= 0, to 2e-6: see the other family's.
INLINE float32x4_t exponential2(float32x4_t x) {
  x = vmaxq_f32(x, vdupq_n_f32(-126.0f));
  float32x4_t n = vrndnq_f32(x), r = vsubq_f32(x, n);
  float32x4_t p = vdupq_n_f32(1.333355814e-3f);
  p = vfmaq_f32(vdupq_n_f32(9.618129107e-3f), p, r);
  p = vfmaq_f32(vdupq_n_f32(5.550410866e-2f), p, r);
  p = vfmaq_f32(vdupq_n_f32(2.402265069e-1f), p, r);
  p = vfmaq_f32(vdupq_n_f32(6.931471806e-1f), p, r);
  p = vfmaq_f32(vdupq_n_f32(1.0f), p, r);
  int32x4_t power = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23);
  return vmulq_f32(p, vreinterpretq_f32_s32(power));
}

INLINE float32x4_t gelu4(float32x4_t v) {
  float32x4_t one = vdupq_n_f32(1.0f);
  float32x4_t a = vmulq_f32(vabsq_f32(v), vdupq_n_f32(0.707106781f));
  float32x4_t t = vdivq_f32(one, vfmaq_f32(one, a, vdupq_n_f32(0.3275911f)));
  float32x4_t p = vdupq_n_f32(1.061405429f);
  p = vfmaq_f32(vdupq_n_f32(-1.453152027f), p, t);
  p = vfmaq_f32(vdupq_n_f32(1.421413741f), p, t);
  p = vfmaq_f32(vdupq_n_f32(-0.284496736f), p, t);
  p = vfmaq_f32(vdupq_n_f32(0.254829592f), p, t);
  float32x4_t square = vmulq_f32(a, vmulq_f32(a, vdupq_n_f32(-1.44269504f)));
  float32x4_t tail = vmulq_f32(vmulq_f32(p, t), exponential2(square));
  tail = vmulq_f32(tail, vdupq_n_f32(0.5f));
  uint32x4_t negative = vcltq_f32(v, vdupq_n_f32(0.0f));
  return vmulq_f32(v, vbslq_f32(negative, tail, vsubq_f32(one, tail)));
}

INLINE void store4(uint16_t *to, float32x4_t values) {
  vst1_u16(to, vreinterpret_u16_bf16(vcvt_bf16_f32(values)));
}

INLINE bfloat16x8_t pair(const uint16_t *from) {
  uint32_t both;
  memcpy(&both, from, sizeof both);
  return vreinterpretq_bf16_u32(vdupq_n_u32(both));
}

INLINE bfloat16x8_t pairs(const void *from) {
  return vreinterpretq_bf16_u8(vld1q_u8(from));
}

enum ending { PLAIN, ROUNDED };

// `rows` rows, a constant where this is inlined, of sixteen outputs of a panel.
INLINE void tile(const uint16_t *input, const uint16_t *panel, const float *bias, size_t rows,
                 size_t inputs, size_t outputs, void *output, enum ending ending) {
  float32x4_t sum[TILE][4];
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    for (size_t part = 0; part < 4; part++) sum[row][part] = vld1q_f32(bias + 4 * part);
  }
  for (size_t i = 0; i < inputs; i += 2, panel += 2 * PANEL) {
    bfloat16x8_t weight[4];
#pragma clang loop unroll(full)
    for (size_t part = 0; part < 4; part++) weight[part] = pairs(panel + 8 * part);
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      bfloat16x8_t value = pair(input + row * inputs + i);
#pragma clang loop unroll(full)
      for (size_t part = 0; part < 4; part++) {
        sum[row][part] = vbfdotq_f32(sum[row][part], value, weight[part]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
#pragma clang loop unroll(full)
    for (size_t part = 0; part < 4; part++) {
      size_t place = row * outputs + 4 * part;
      if (ending == PLAIN) {
        vst1q_f32((float *)output + place, sum[row][part]);
      } else {
        store4((uint16_t *)output + place, sum[row][part]);
      }
    }
  }
}

INLINE void product(const uint16_t *input, const uint16_t *packed, const float *bias, size_t rows,
                    size_t outputs, size_t inputs, void *output, enum ending ending) {
  size_t width = ending == PLAIN ? sizeof(float) : sizeof(uint16_t);
  for (size_t first = 0; first < outputs; first += PART) {
    const uint16_t *panel = packed + first / PANEL * PANEL * inputs + first % PANEL * 2;
    char *place = (char *)output + first * width;
    size_t row = 0;
    for (; row + TILE <= rows; row += TILE) {
      tile(input + row * inputs, panel, bias + first, TILE, inputs, outputs,
           place + row * outputs * width, ending);
    }
    for (; row < rows; row++) {
      tile(input + row * inputs, panel, bias + first, 1, inputs, outputs,
           place + row * outputs * width, ending);
    }
  }
}

NEON void embedding_multiply_bf16(const uint16_t *input, const uint16_t *packed, const float *bias,
                                  float *output, size_t rows, size_t outputs, size_t inputs) {
  product(input, packed, bias, rows, outputs, inputs, output, PLAIN);
}

NEON void embedding_multiply_rounded_bf16(const uint16_t *input, const uint16_t *packed,
                                          const float *bias, uint16_t *output, size_t rows,
                                          size_t outputs, size_t inputs) {
  product(input, packed, bias, rows, outputs, inputs, output, ROUNDED);
}

INLINE void byte_tile(const uint8_t *input, const float *steps, const int8_t *panel,
                      const float *scales, const int32_t *starts, const float *bias, size_t rows,
                      size_t inputs, size_t outputs, uint16_t *output) {
  int32x4_t sum[TILE][4];
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    for (size_t part = 0; part < 4; part++) sum[row][part] = vld1q_s32(starts + 4 * part);
  }
  for (size_t i = 0; i < inputs; i += 4, panel += 4 * PANEL) {
    int8x16_t weight[4];
#pragma clang loop unroll(full)
    for (size_t part = 0; part < 4; part++) weight[part] = vld1q_s8(panel + 16 * part);
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      uint32_t four;
      memcpy(&four, input + row * inputs + i, sizeof four);
      uint8x16_t value = vreinterpretq_u8_u32(vdupq_n_u32(four));
#pragma clang loop unroll(full)
      for (size_t part = 0; part < 4; part++) {
        sum[row][part] = vusdotq_s32(sum[row][part], value, weight[part]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    float32x4_t step = vdupq_n_f32(steps[row]);
#pragma clang loop unroll(full)
    for (size_t part = 0; part < 4; part++) {
      float32x4_t scale = vmulq_f32(step, vld1q_f32(scales + 4 * part));
      float32x4_t value =
          vfmaq_f32(vld1q_f32(bias + 4 * part), vcvtq_f32_s32(sum[row][part]), scale);
      store4(output + row * outputs + 4 * part, gelu4(value));
    }
  }
}

NEON void embedding_multiply_gelu_int8(const uint8_t *input, const float *steps,
                                       const int8_t *packed, const float *scales,
                                       const int32_t *starts, const float *bias, uint16_t *output,
                                       size_t rows, size_t outputs, size_t inputs) {
  for (size_t first = 0; first < outputs; first += PART) {
    const int8_t *panel = packed + first / PANEL * PANEL * inputs + first % PANEL * 4;
    uint16_t *to = output + first;
    size_t row = 0;
    for (; row + TILE <= rows; row += TILE) {
      byte_tile(input + row * inputs, steps + row, panel, scales + first, starts + first,
                bias + first, TILE, inputs, outputs, to + row * outputs);
    }
    for (; row < rows; row++) {
      byte_tile(input + row * inputs, steps + row, panel, scales + first, starts + first,
                bias + first, 1, inputs, outputs, to + row * outputs);
    }
  }
}

INLINE void quantize(const float *x, const float *shrink, uint8_t *bytes, float *step,
                     size_t columns) {
  float32x4_t most = vdupq_n_f32(0.0f);
  for (size_t i = 0; i < columns; i += 4) {
    most = vmaxq_f32(most, vabsq_f32(vmulq_f32(vld1q_f32(x + i), vld1q_f32(shrink + i))));
  }
  float greatest = vmaxvq_f32(most);
  *step = greatest / 127.0f;
  float32x4_t inverse = vdupq_n_f32(greatest > 0.0f ? 127.0f / greatest : 0.0f);
  for (size_t i = 0; i < columns; i += 8) {
    int16x4_t halves[2];
    for (size_t half = 0; half < 2; half++) {
      const size_t at = i + 4 * half;
      float32x4_t v = vmulq_f32(vld1q_f32(x + at), vld1q_f32(shrink + at));
      int32x4_t whole = vcvtnq_s32_f32(vmulq_f32(v, inverse));
      halves[half] = vqmovn_s32(vaddq_s32(whole, vdupq_n_s32(128)));
    }
    vst1_u8(bytes + i, vqmovun_s16(vcombine_s16(halves[0], halves[1])));
  }
}

INLINE void normalize(float *x, const float *residual, const float *gain, const float *offset,
                      size_t columns, float epsilon) {
  float32x4_t sums = vdupq_n_f32(0.0f);
  for (size_t i = 0; i < columns; i += 4) {
    float32x4_t v = vaddq_f32(vld1q_f32(x + i), vld1q_f32(residual + i));
    vst1q_f32(x + i, v);
    sums = vaddq_f32(sums, v);
  }
  float32x4_t mean = vdupq_n_f32(vaddvq_f32(sums) / (float)columns);
  float32x4_t squares = vdupq_n_f32(0.0f);
  for (size_t i = 0; i < columns; i += 4) {
    float32x4_t v = vsubq_f32(vld1q_f32(x + i), mean);
    squares = vfmaq_f32(squares, v, v);
  }
  float variance = vaddvq_f32(squares) / (float)columns;
  float32x4_t inverse = vdupq_n_f32(1.0f / sqrtf(variance + epsilon));
  for (size_t i = 0; i < columns; i += 4) {
    float32x4_t v = vmulq_f32(vsubq_f32(vld1q_f32(x + i), mean), inverse);
    vst1q_f32(x + i, vfmaq_f32(vld1q_f32(offset + i), v, vld1q_f32(gain + i)));
  }
}

NEON void embedding_layer_norm_int8(float *x, const float *residual, const float *gain,
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

NEON void embedding_layer_norm_bf16(float *x, const float *residual, const float *gain,
                                    const float *offset, uint16_t *copy, size_t rows,
                                    size_t columns, float epsilon) {
  for (size_t row = 0; row < rows; row++) {
    normalize(x, residual, gain, offset, columns, epsilon);
    for (size_t i = 0; i < columns; i += 4) store4(copy + i, vld1q_f32(x + i));
    x += columns;
    residual += columns;
    copy += columns;
  }
}

NEON void embedding_round_bf16(const float *x, uint16_t *copy, size_t count) {
  for (size_t i = 0; i < count; i += 4) store4(copy + i, vld1q_f32(x + i));
}

// Keys as [pair][key] and values as [pair of keys][component], zeros from `count` on.
INLINE void arrange(const uint16_t *keys, const uint16_t *values, size_t stride, size_t count,
                    size_t padded, uint32_t *turned, uint32_t *joined) {
  for (size_t key = 0; key < padded; key++) {
    uint32_t row[PAIRS] = {0};
    if (key < count) memcpy(row, keys + key * stride, sizeof row);
    for (size_t p = 0; p < PAIRS; p++) turned[p * padded + key] = row[p];
  }
  for (size_t key = 0; key < padded; key += 2, joined += HEAD) {
    for (size_t i = 0; i < HEAD; i += 8) {
      uint16x8_t none = vdupq_n_u16(0);
      uint16x8_t first = key < count ? vld1q_u16(values + key * stride + i) : none;
      uint16x8_t second = key + 1 < count ? vld1q_u16(values + (key + 1) * stride + i) : none;
      vst1q_u32(joined + i, vreinterpretq_u32_u16(vzip1q_u16(first, second)));
      vst1q_u32(joined + i + 4, vreinterpretq_u32_u16(vzip2q_u16(first, second)));
    }
  }
}

// The products of rows with the columns of `columns`, [pair][column], sixteen at a time.
INLINE void combine(const uint16_t *rows, size_t stride, const uint32_t *columns, size_t width,
                    size_t depth, size_t count, float32x4_t sum[TILE][4]) {
#pragma clang loop unroll(full)
  for (size_t row = 0; row < count; row++) {
    for (size_t part = 0; part < 4; part++) sum[row][part] = vdupq_n_f32(0.0f);
  }
  for (size_t p = 0; p < depth; p++, columns += width) {
#pragma clang loop unroll(full)
    for (size_t row = 0; row < count; row++) {
      bfloat16x8_t value = pair(rows + row * stride + 2 * p);
#pragma clang loop unroll(full)
      for (size_t part = 0; part < 4; part++) {
        sum[row][part] = vbfdotq_f32(sum[row][part], value, pairs(columns + 4 * part));
      }
    }
  }
}

// Scores become shares as they are rounded; what is beyond `count` weighs nothing.
INLINE float soften(float *scores, uint16_t *shares, size_t count, size_t padded) {
  for (size_t i = count; i < padded; i++) scores[i] = -INFINITY;
  float32x4_t most = vld1q_f32(scores);
  for (size_t i = 4; i < padded; i += 4) most = vmaxq_f32(most, vld1q_f32(scores + i));
  float32x4_t greatest = vdupq_n_f32(vmaxvq_f32(most)), sum = vdupq_n_f32(0.0f);
  for (size_t i = 0; i < padded; i += 4) {
    float32x4_t v = exponential2(vsubq_f32(vld1q_f32(scores + i), greatest));
    sum = vaddq_f32(sum, v);
    store4(shares + i, v);
  }
  return 1.0f / vaddvq_f32(sum);
}

INLINE void attend(const uint16_t *queries, size_t stride, const uint32_t *turned,
                   const uint32_t *joined, float *scores, uint16_t *shares, uint16_t *context,
                   size_t width, size_t rows, size_t count, size_t padded) {
  float32x4_t sum[TILE][4];
  float inverse[TILE];
  for (size_t first = 0; first < padded; first += PART) {
    combine(queries, stride, turned + first, padded, PAIRS, rows, sum);
    for (size_t row = 0; row < rows; row++) {
      for (size_t part = 0; part < 4; part++) {
        vst1q_f32(scores + row * padded + first + 4 * part, sum[row][part]);
      }
    }
  }
  for (size_t row = 0; row < rows; row++) {
    inverse[row] = soften(scores + row * padded, shares + row * padded, count, padded);
  }
  for (size_t first = 0; first < HEAD; first += PART) {
    combine(shares, padded, joined + first, HEAD, padded / 2, rows, sum);
    for (size_t row = 0; row < rows; row++) {
      for (size_t part = 0; part < 4; part++) {
        store4(context + row * width + first + 4 * part,
               vmulq_n_f32(sum[row][part], inverse[row]));
      }
    }
  }
}

size_t embedding_attention_scratch_bf16(size_t count) {
  size_t padded = (count + PART - 1) / PART * PART;
  return padded * (PAIRS + HEAD / 2 + TILE + TILE / 2) * sizeof(uint32_t);
}

NEON void embedding_attend_bf16(const uint16_t *projected, uint16_t *context, size_t count,
                                size_t width, void *scratch) {
  size_t padded = (count + PART - 1) / PART * PART, stride = 3 * width;
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
    for (; row < count; row++) {
      attend(queries + row * stride, stride, turned, joined, scores, shares,
             context + row * width + head, width, 1, count, padded);
    }
  }
}

#endif
