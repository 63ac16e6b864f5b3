#include "CEmbeddingKernels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#pragma clang fp contract(fast)

#define KERNEL(name) name##_baseline
#include "Loops.inc.h"
#undef KERNEL

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define KERNEL(name) name##_avx2
#include "Loops.inc.h"
#undef KERNEL
#pragma clang attribute pop

// By feature and not as x86-64-v4, for which the compiler would use half of each register.
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#pragma clang attribute push(AVX512, apply_to = function)
#define KERNEL(name) name##_avx512
#include "Loops.inc.h"
#undef KERNEL
#pragma clang attribute pop

// Asked at each call: the answer is a load and a test of what the runtime found at start.
static inline int has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static inline int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

#define DISPATCH(name, ...)                                                    \
  (has_avx512() ? name##_avx512(__VA_ARGS__)                                   \
   : has_avx2() ? name##_avx2(__VA_ARGS__)                                     \
                : name##_baseline(__VA_ARGS__))

const char *embedding_kernels_instruction_set(void) {
  return has_avx512() ? "avx512" : has_avx2() ? "avx2" : "baseline";
}

#else

#define DISPATCH(name, ...) name##_baseline(__VA_ARGS__)

const char *embedding_kernels_instruction_set(void) {
#if defined(__aarch64__)
  // Every such processor has it, and the compiler uses it for the loops as they are.
  return "neon";
#else
  return "baseline";
#endif
}

#endif

void embedding_add_bias(float *x, const float *bias, size_t rows, size_t columns) {
  DISPATCH(add_bias, x, bias, rows, columns);
}

void embedding_gelu(float *x, const float *bias, size_t rows, size_t columns) {
  DISPATCH(gelu, x, bias, rows, columns);
}

void embedding_softmax(float *x, float scale, size_t rows, size_t columns) {
  if (columns == 0) return;
  DISPATCH(softmax, x, scale, rows, columns);
}

void embedding_layer_norm(float *x, const float *bias, const float *residual, const float *gain,
                          const float *offset, size_t rows, size_t columns, float epsilon) {
  DISPATCH(layer_norm, x, bias, residual, gain, offset, rows, columns, epsilon);
}

float embedding_mean_pool(const float *x, float *output, size_t rows, size_t columns) {
  return DISPATCH(mean_pool, x, output, rows, columns);
}

void embedding_normalize_rows(float *x, size_t rows, size_t columns) {
  DISPATCH(normalize_rows, x, rows, columns);
}

void embedding_best_bit_matches(const float *x, size_t rows, const unsigned char *bits,
                                size_t bit_rows, size_t columns, float *best) {
  DISPATCH(best_bit_matches, x, rows, bits, bit_rows, columns, best);
}
