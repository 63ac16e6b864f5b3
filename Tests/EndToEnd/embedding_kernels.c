// Runs every kernel of the embedding model over numbers of a seed, and writes what came of it as
// floats, with the name and the number of values before each: test_kernels.py compares machines.
#include "CEmbeddingKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 384, INNER = 256 };

static uint64_t state;

static float next(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (float)(state >> 40) / (float)(1 << 23) - 1.0f;
}

static void *room(size_t bytes) {
  void *found = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!found) abort();
  memset(found, 0, (bytes + 63) / 64 * 64);
  return found;
}

static float *fill(size_t count, float scale) {
  float *values = room(count * sizeof(float));
  for (size_t i = 0; i < count; i++) values[i] = next() * scale;
  return values;
}

static void tell(const char *name, size_t rows, const float *values, size_t count) {
  printf("%s %zu %zu\n", name, rows, count);
  fwrite(values, sizeof(float), count, stdout);
}

static void tell_rounded(const char *name, size_t rows, const uint16_t *values, size_t count) {
  float *wide = room(count * sizeof(float));
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)values[i] << 16;
    memcpy(wide + i, &bits, sizeof bits);
  }
  tell(name, rows, wide, count);
  free(wide);
}

static void loops(size_t rows) {
  size_t count = rows * WIDTH;
  float *bias = fill(WIDTH, 1), *gain = fill(WIDTH, 1), *offset = fill(WIDTH, 1);
  float *x = fill(count, 8), *residual = fill(count, 1), *pooled = room(WIDTH * sizeof(float));
  embedding_add_bias(x, bias, rows, WIDTH);
  tell("add_bias", rows, x, count);
  embedding_layer_norm(x, bias, residual, gain, offset, rows, WIDTH, 1e-12f);
  tell("layer_norm", rows, x, count);
  embedding_mean_pool(x, pooled, rows, WIDTH);
  tell("mean_pool", rows, pooled, WIDTH);
  unsigned char *bits = room(rows * WIDTH / 8);
  for (size_t i = 0; i < rows * WIDTH / 8; i++) bits[i] = (unsigned char)(next() * 127);
  float *best = room(rows * sizeof(float));
  embedding_best_bit_matches(x, rows, bits, rows, WIDTH, best);
  tell("best_bit_matches", rows, best, rows);
  embedding_normalize_rows(x, rows, WIDTH);
  tell("normalize_rows", rows, x, count);
  embedding_gelu(x, bias, rows, WIDTH);
  tell("gelu", rows, x, count);
  embedding_softmax(x, 3.0f, rows, WIDTH);
  tell("softmax", rows, x, count);
}

static void products(size_t rows) {
  float *weight = fill((size_t)INNER * WIDTH, 0.1f), *bias = fill(INNER, 0.2f);
  float *x = fill(rows * WIDTH, 2), *residual = fill(rows * WIDTH, 1);
  float *gain = fill(WIDTH, 1), *offset = fill(WIDTH, 0.5f), *output;
  float *shrink = room(WIDTH * sizeof(float)), *weigh = room(WIDTH * sizeof(float));
  for (size_t i = 0; i < WIDTH; i++) weigh[i] = 1.5f + next(), shrink[i] = 1 / weigh[i];
  uint16_t *packed = room(2 * (size_t)INNER * WIDTH), *copy = room(2 * rows * WIDTH);
  uint16_t *rounded = room(2 * rows * INNER);
  output = room(rows * INNER * sizeof(float));
  embedding_pack_bf16(weight, 1, packed, INNER, WIDTH);
  embedding_layer_norm_bf16(x, residual, gain, offset, copy, rows, WIDTH, 1e-12f);
  tell("layer_norm_bf16", rows, x, rows * WIDTH);
  tell_rounded("layer_norm_bf16 copy", rows, copy, rows * WIDTH);
  embedding_round_bf16(x, copy, rows * WIDTH);
  embedding_multiply_bf16(copy, packed, bias, output, rows, INNER, WIDTH);
  tell("multiply_bf16", rows, output, rows * INNER);
  embedding_multiply_rounded_bf16(copy, packed, bias, rounded, rows, INNER, WIDTH);
  tell_rounded("multiply_rounded_bf16", rows, rounded, rows * INNER);
  float *scales = room(INNER * sizeof(float)), *steps = room(rows * sizeof(float));
  int32_t *starts = room(INNER * sizeof(int32_t));
  int8_t *narrow = room((size_t)INNER * WIDTH);
  uint8_t *bytes = room(rows * WIDTH);
  embedding_pack_int8(weight, weigh, narrow, scales, starts, INNER, WIDTH);
  embedding_layer_norm_int8(x, residual, gain, offset, shrink, bytes, steps, rows, WIDTH, 1e-12f);
  tell("layer_norm_int8 steps", rows, steps, rows);
  embedding_multiply_gelu_int8(bytes, steps, narrow, scales, starts, bias, rounded, rows, INNER,
                               WIDTH);
  tell_rounded("multiply_gelu_int8", rows, rounded, rows * INNER);
}

static void attention(size_t rows) {
  float *wide = fill(rows * 3 * WIDTH, 1.5f);
  uint16_t *projected = room(2 * rows * 3 * WIDTH), *context = room(2 * rows * WIDTH);
  void *scratch = room(embedding_attention_scratch_bf16(rows));
  embedding_round_bf16(wide, projected, rows * 3 * WIDTH);
  embedding_attend_bf16(projected, context, rows, WIDTH, scratch);
  tell_rounded("attend_bf16", rows, context, rows * WIDTH);
}

int main(void) {
  printf("%s %d\n", embedding_kernels_instruction_set(), embedding_has_bf16());
  // All remainders of tiles, and of the sixteen keys that attention takes at a time.
  const size_t counts[] = {1, 2, 3, 4, 5, 6, 7, 12, 16, 17, 33};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    size_t rows = counts[i];
    state = 88172645463325252u + rows;
    loops(rows);
    if (!embedding_has_bf16()) continue;
    products(rows);
    attention(rows);
  }
  return 0;
}
