// What the kernels in bfloat16 have in common.
#ifndef QUIVER_BRAIN_FLOAT_H
#define QUIVER_BRAIN_FLOAT_H

#include <stdint.h>
#include <string.h>

#include <immintrin.h>

#include "Panel.h"

#define BF16                                                                                 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni,avx2,fma"), \
                 min_vector_width(512)))
#define INLINE static inline __attribute__((always_inline)) BF16

// Rows whose sums are kept in registers at a time.
enum { TILE = 6 };

INLINE __m512 exponential2(__m512 x) {
  // 2^x = 2^n · 2^r with n whole and |r| <= 1/2: a polynomial of degree 5, relative error 2e-6,
  // far below what bfloat16 keeps.
  __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_sub_ps(x, n);
  __m512 p = _mm512_set1_ps(1.333355814e-3f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(9.618129107e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.550410866e-2f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.402265069e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.931471806e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
  return _mm512_scalef_ps(p, n);
}

INLINE __m512bh pair(const uint16_t *from) {
  int32_t both;
  memcpy(&both, from, sizeof both);
  return (__m512bh)_mm512_set1_epi32(both);
}

INLINE void store16(uint16_t *to, __m512 values) {
  _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh(values));
}

#endif
