// Brings weights into the order that the products take, which is the same for every processor, and
// stands in for the products where a processor has no instructions for them.
#include "CEmbeddingKernels.h"

#include <math.h>
#include <string.h>

#include "Panel.h"

// To the nearest, ties to even, as the processor does it.
static uint16_t rounded(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (isnan(value)) return 0x7fc0;
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

void embedding_pack_bf16(const float *weight, float scale, uint16_t *packed, size_t outputs,
                         size_t inputs) {
  for (size_t first = 0; first < outputs; first += PANEL) {
    for (size_t input = 0; input < inputs; input += 2) {
      for (size_t output = first; output < first + PANEL; output++) {
        *packed++ = rounded(weight[output * inputs + input] * scale);
        *packed++ = rounded(weight[output * inputs + input + 1] * scale);
      }
    }
  }
}

void embedding_pack_int8(const float *weight, const float *weigh, int8_t *packed, float *scales,
                         int32_t *starts, size_t outputs, size_t inputs) {
  for (size_t output = 0; output < outputs; output++) {
    const float *row = weight + output * inputs;
    float most = 0.0f, spoilt = 0.0f;
    for (size_t i = 0; i < inputs; i++) {
      most = fmaxf(most, fabsf(row[i] * weigh[i]));
      spoilt += row[i] * 0.0f;  // is no number if the weight is none
    }
    scales[output] = most / 127.0f + spoilt;
    float inverse = most > 0.0f ? 127.0f / most : 0.0f;
    int8_t *panel = packed + output / PANEL * PANEL * inputs;
    int32_t sum = 0;
    for (size_t i = 0; i < inputs; i++) {
      int8_t value = (int8_t)lrintf(row[i] * weigh[i] * inverse);
      panel[(i / 4 * PANEL + output % PANEL) * 4 + i % 4] = value;
      sum += value;
    }
    // Inputs are kept without a sign, 128 more than they are.
    starts[output] = -128 * sum;
  }
}

static float half(uint16_t bits) {
  uint32_t sign = (uint32_t)(bits & 0x8000) << 16, exponent = (bits >> 10) & 31, rest = bits & 1023;
  float value;
  if (exponent == 0) {
    value = (float)rest * 0x1p-24f;
    return sign ? -value : value;
  }
  exponent = exponent == 31 ? 255 : exponent + 112;
  uint32_t wide = sign | exponent << 23 | rest << 13;
  memcpy(&value, &wide, sizeof value);
  return value;
}

void embedding_unpack_4bit(const void *blocks, size_t count, float *output) {
  const uint8_t *block = blocks;
  for (size_t first = 0; first < count; first += 32, block += 18, output += 32) {
    float scale = half((uint16_t)(block[0] | block[1] << 8));
    for (size_t i = 0; i < 16; i++) {
      output[i] = (float)((block[2 + i] & 15) - 8) * scale;
      output[i + 16] = (float)((block[2 + i] >> 4) - 8) * scale;
    }
  }
}

#if !defined(__x86_64__) && !defined(__aarch64__)

int embedding_has_bf16(void) { return 0; }

size_t embedding_attention_scratch_bf16(size_t count) { return count; }

#pragma clang diagnostic ignored "-Wunused-parameter"

// Never called, as there are no such instructions.
#define NEVER(name, ...) \
  void name(__VA_ARGS__) { __builtin_trap(); }

NEVER(embedding_multiply_bf16, const uint16_t *a, const uint16_t *b, const float *c, float *d,
      size_t e, size_t f, size_t g)
NEVER(embedding_multiply_rounded_bf16, const uint16_t *a, const uint16_t *b, const float *c,
      uint16_t *d, size_t e, size_t f, size_t g)
NEVER(embedding_multiply_gelu_int8, const uint8_t *a, const float *b, const int8_t *c,
      const float *d, const int32_t *e, const float *f, uint16_t *g, size_t h, size_t i, size_t j)
NEVER(embedding_layer_norm_int8, float *a, const float *b, const float *c, const float *d,
      const float *e, uint8_t *f, float *g, size_t h, size_t i, float j)
NEVER(embedding_layer_norm_bf16, float *a, const float *b, const float *c, const float *d,
      uint16_t *e, size_t f, size_t g, float h)
NEVER(embedding_round_bf16, const float *a, uint16_t *b, size_t c)
NEVER(embedding_attend_bf16, const uint16_t *a, uint16_t *b, size_t c, size_t d, void *e)

#endif
