// The products and the attention for ARM processors that have instructions for bfloat16 and for
// products of bytes, four numbers a register.
#include "CEmbeddingKernels.h"

#if defined(__aarch64__)

#include <math.h>
#include <string.h>

#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "Panel.h"

#define RESULT __attribute__((target("bf16,i8mm,dotprod")))
#define INLINE static inline __attribute__((always_inline)) RESULT

// Rows whose sums are kept in registers, and registers of scores a row.
enum { TILE = 4, LANES = 4, SCORES = 4 };

typedef float32x4_t floats;
typedef int32x4_t ints;
typedef bfloat16x8_t pairs;
typedef int8x16_t quads;
typedef uint8x16_t bytes;

int embedding_has_bf16(void) {
#if defined(__linux__)
  // As the kernel names them: products of bytes, bfloat16.
  const unsigned long needed = (1ul << 13) | (1ul << 14);
  return (getauxval(AT_HWCAP2) & needed) == needed;
#else
  return 0;
#endif
}

INLINE floats splat(float x) { return vdupq_n_f32(x); }
INLINE floats load(const float *from) { return vld1q_f32(from); }
INLINE void store(float *to, floats x) { vst1q_f32(to, x); }
INLINE floats add(floats a, floats b) { return vaddq_f32(a, b); }
INLINE floats sub(floats a, floats b) { return vsubq_f32(a, b); }
INLINE floats mul(floats a, floats b) { return vmulq_f32(a, b); }
INLINE floats madd(floats a, floats b, floats c) { return vfmaq_f32(c, a, b); }
INLINE floats greater(floats a, floats b) { return vmaxq_f32(a, b); }
INLINE floats absolute(floats x) { return vabsq_f32(x); }
INLINE float greatest_of(floats x) { return vmaxvq_f32(x); }
INLINE float sum_of(floats x) { return vaddvq_f32(x); }

// Smaller powers have no exponent.
INLINE floats bounded(floats x) { return vmaxq_f32(x, vdupq_n_f32(-126.0f)); }
INLINE floats nearest(floats x) { return vrndnq_f32(x); }
INLINE floats doubled(floats x, floats times) {
  ints power = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(times), vdupq_n_s32(127)), 23);
  return vmulq_f32(x, vreinterpretq_f32_s32(power));
}
INLINE floats reciprocal(floats x) { return vdivq_f32(vdupq_n_f32(1.0f), x); }
INLINE floats by_sign(floats x, floats negative, floats other) {
  return vbslq_f32(vcltq_f32(x, vdupq_n_f32(0.0f)), negative, other);
}

INLINE void store_rounded(uint16_t *to, floats x) {
  vst1_u16(to, vreinterpret_u16_bf16(vcvt_bf16_f32(x)));
}
INLINE pairs load_pairs(const void *from) { return vreinterpretq_bf16_u8(vld1q_u8(from)); }
INLINE pairs splat_pair(const uint16_t *from) {
  uint32_t both;
  memcpy(&both, from, sizeof both);
  return vreinterpretq_bf16_u32(vdupq_n_u32(both));
}
INLINE floats dot_pairs(floats sum, pairs a, pairs b) { return vbfdotq_f32(sum, a, b); }

INLINE ints load_ints(const int32_t *from) { return vld1q_s32(from); }
INLINE floats converted(ints x) { return vcvtq_f32_s32(x); }
INLINE quads load_quads(const int8_t *from) { return vld1q_s8(from); }
INLINE bytes splat_quad(const uint8_t *from) {
  uint32_t four;
  memcpy(&four, from, sizeof four);
  return vreinterpretq_u8_u32(vdupq_n_u32(four));
}
INLINE ints dot_quads(ints sum, bytes a, quads b) { return vusdotq_s32(sum, a, b); }
// As bytes without a sign, 128 more than they are.
INLINE void store_bytes(uint8_t *to, floats x) {
  int16x4_t whole = vqmovn_s32(vaddq_s32(vcvtnq_s32_f32(x), vdupq_n_s32(128)));
  uint32x2_t four = vreinterpret_u32_u8(vqmovun_s16(vcombine_s16(whole, whole)));
  memcpy(to, &four, sizeof(uint32_t));
}

// The 32 components of two rows, each with its neighbour in the other.
INLINE void join(const uint16_t *left, const uint16_t *right, uint32_t *to) {
  for (size_t i = 0; i < 32; i += 8) {
    uint16x8_t first = vld1q_u16(left + i), second = vld1q_u16(right + i);
    vst1q_u32(to + i, vreinterpretq_u32_u16(vzip1q_u16(first, second)));
    vst1q_u32(to + i + 4, vreinterpretq_u32_u16(vzip2q_u16(first, second)));
  }
}

#include "BrainFloat.inc.h"

#endif
