// The products and the attention for processors of x86-64 that have instructions for bfloat16 and
// for products of bytes, sixteen numbers a register.
#include "CEmbeddingKernels.h"

#if defined(__x86_64__)

#include <math.h>
#include <string.h>

#include <immintrin.h>

#include "Panel.h"

#define RESULT                                                                               \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni,avx2,fma"), \
                 min_vector_width(512)))
#define INLINE static inline __attribute__((always_inline)) RESULT

// Rows whose sums are kept in registers, and registers of scores a row.
enum { TILE = 6, LANES = 16, SCORES = 2 };

typedef __m512 floats;
typedef __m512i ints;
typedef __m512bh pairs;
typedef __m512i quads;
typedef __m512i bytes;

int embedding_has_bf16(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

INLINE floats splat(float x) { return _mm512_set1_ps(x); }
INLINE floats load(const float *from) { return _mm512_loadu_ps(from); }
INLINE void store(float *to, floats x) { _mm512_storeu_ps(to, x); }
INLINE floats add(floats a, floats b) { return _mm512_add_ps(a, b); }
INLINE floats sub(floats a, floats b) { return _mm512_sub_ps(a, b); }
INLINE floats mul(floats a, floats b) { return _mm512_mul_ps(a, b); }
INLINE floats madd(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }
INLINE floats greater(floats a, floats b) { return _mm512_max_ps(a, b); }
INLINE floats absolute(floats x) { return _mm512_abs_ps(x); }
INLINE float greatest_of(floats x) { return _mm512_reduce_max_ps(x); }
INLINE float sum_of(floats x) { return _mm512_reduce_add_ps(x); }

// No power is too small for `doubled`.
INLINE floats bounded(floats x) { return x; }
INLINE floats nearest(floats x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
INLINE floats doubled(floats x, floats times) { return _mm512_scalef_ps(x, times); }
INLINE floats reciprocal(floats x) {
  floats t = _mm512_rcp14_ps(x);
  return mul(t, _mm512_fnmadd_ps(x, t, splat(2.0f)));
}
INLINE floats by_sign(floats x, floats negative, floats other) {
  __mmask16 mask = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
  return _mm512_mask_mov_ps(other, mask, negative);
}

INLINE void store_rounded(uint16_t *to, floats x) {
  _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh(x));
}
INLINE pairs load_pairs(const void *from) { return (pairs)_mm512_loadu_si512(from); }
INLINE pairs splat_pair(const uint16_t *from) {
  int32_t both;
  memcpy(&both, from, sizeof both);
  return (pairs)_mm512_set1_epi32(both);
}
INLINE floats dot_pairs(floats sum, pairs a, pairs b) { return _mm512_dpbf16_ps(sum, a, b); }

INLINE ints load_ints(const int32_t *from) { return _mm512_loadu_si512(from); }
INLINE floats converted(ints x) { return _mm512_cvtepi32_ps(x); }
INLINE quads load_quads(const int8_t *from) { return _mm512_loadu_si512(from); }
INLINE bytes splat_quad(const uint8_t *from) {
  int32_t four;
  memcpy(&four, from, sizeof four);
  return _mm512_set1_epi32(four);
}
INLINE ints dot_quads(ints sum, bytes a, quads b) { return _mm512_dpbusd_epi32(sum, a, b); }
// As bytes without a sign, 128 more than they are.
INLINE void store_bytes(uint8_t *to, floats x) {
  ints whole = _mm512_add_epi32(_mm512_cvtps_epi32(x), _mm512_set1_epi32(128));
  _mm_storeu_si128((__m128i *)to, _mm512_cvtusepi32_epi8(whole));
}

// The 32 components of two rows, each with its neighbour in the other.
INLINE void join(const uint16_t *left, const uint16_t *right, uint32_t *to) {
  __m512i low = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39,
                                 7, 38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
  __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
  __m512i first = _mm512_loadu_si512(left), second = _mm512_loadu_si512(right);
  _mm512_storeu_si512(to, _mm512_permutex2var_epi16(first, low, second));
  _mm512_storeu_si512(to + 16, _mm512_permutex2var_epi16(first, high, second));
}

#include "BrainFloat.inc.h"

#endif
