// The set of instructions that spreads packed bytes by a mask, AVX-512 with VBMI2.
#ifndef QUIVER_BYTEEXPANSION_H
#define QUIVER_BYTEEXPANSION_H

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdbool.h>

#define VK_AVX512_TARGET                                                                    \
  __attribute__((                                                                           \
      target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi,bmi2,popcnt"), \
      min_vector_width(512)))

static inline bool has_expansion(void) {
  return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}

#endif

#endif
