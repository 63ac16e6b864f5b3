#include "CVectorKernels.h"

#include <stdlib.h>
#include <string.h>

#define VK_METRICS 4
#define VK_ELEMENTS 3
#define VK_VARIANTS 4

typedef float (*vk_pair_function)(const void *restrict, const void *restrict, size_t);
typedef void (*vk_widen_function)(const void *restrict, size_t, float *restrict);

typedef struct row_set {
  vk_pair_function pairs[VK_ELEMENTS][VK_METRICS];
  vk_widen_function widen[VK_ELEMENTS];
  void (*narrow)(const float *restrict, size_t, void *restrict);
} row_set;

static const float greatest_half = 65504;

enum { short_dimensions = 16 };

static inline float cosine_of(float sum, float squares_a, float squares_b) {
  if (squares_a == 0 || squares_b == 0) {
    return 0;
  }
  return sum / __builtin_sqrtf(squares_a * squares_b);
}

// The reference keeps its sums in double and in order, so that its own error is one rounding.

#define VK_REFERENCE(name, type, load)                                                        \
  static float name##dot_scalar(const void *restrict a, const void *restrict b,               \
                                size_t dimension) {                                           \
    _Pragma("clang fp reassociate(off) contract(off)") double sum = 0;                        \
    for (size_t i = 0; i < dimension; i++) {                                                  \
      sum += load(((const type *)a)[i]) * load(((const type *)b)[i]);                         \
    }                                                                                         \
    return (float)sum;                                                                        \
  }                                                                                           \
  static float name##squared_l2_scalar(const void *restrict a, const void *restrict b,        \
                                       size_t dimension) {                                    \
    _Pragma("clang fp reassociate(off) contract(off)") double sum = 0;                        \
    for (size_t i = 0; i < dimension; i++) {                                                  \
      double difference = load(((const type *)a)[i]) - load(((const type *)b)[i]);            \
      sum += difference * difference;                                                         \
    }                                                                                         \
    return (float)sum;                                                                        \
  }                                                                                           \
  static float name##l1_scalar(const void *restrict a, const void *restrict b,                \
                               size_t dimension) {                                            \
    _Pragma("clang fp reassociate(off) contract(off)") double sum = 0;                        \
    for (size_t i = 0; i < dimension; i++) {                                                  \
      sum += __builtin_fabs(load(((const type *)a)[i]) - load(((const type *)b)[i]));         \
    }                                                                                         \
    return (float)sum;                                                                        \
  }                                                                                           \
  static float name##cosine_scalar(const void *restrict a, const void *restrict b,            \
                                   size_t dimension) {                                        \
    _Pragma("clang fp reassociate(off) contract(off)") double sum = 0;                        \
    double squares_a = 0;                                                                     \
    double squares_b = 0;                                                                     \
    for (size_t i = 0; i < dimension; i++) {                                                  \
      double x = load(((const type *)a)[i]);                                                  \
      double y = load(((const type *)b)[i]);                                                  \
      sum += x * y;                                                                           \
      squares_a += x * x;                                                                     \
      squares_b += y * y;                                                                     \
    }                                                                                         \
    if (squares_a == 0 || squares_b == 0) {                                                   \
      return 0;                                                                               \
    }                                                                                         \
    return (float)(sum / __builtin_sqrt(squares_a * squares_b));                              \
  }                                                                                           \
  static void name##widen_scalar(const void *restrict numbers, size_t count,                  \
                                 float *restrict out) {                                       \
    for (size_t i = 0; i < count; i++) {                                                      \
      out[i] = (float)load(((const type *)numbers)[i]);                                       \
    }                                                                                         \
  }

static inline double number_of_float(float value) { return value; }

// Without instructions for halves the compiler would call a library for them.
static inline double number_of_half(uint16_t bits) {
  double magnitude;
  unsigned exponent = (bits >> 10) & 0x1f;
  unsigned fraction = bits & 0x3ff;
  if (exponent == 0) {
    magnitude = fraction * 0x1p-24;
  } else if (exponent == 0x1f) {
    magnitude = fraction == 0 ? __builtin_inf() : __builtin_nan("");
  } else {
    magnitude = __builtin_ldexp(1024 + fraction, (int)exponent - 25);
  }
  return bits & 0x8000 ? -magnitude : magnitude;
}

VK_REFERENCE(, float, number_of_float)
VK_REFERENCE(half_, uint16_t, number_of_half)

static uint16_t half_of_number(float number) {
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) {
    return sign | (magnitude == 0x7f800000 ? 0x7c00 : 0x7e00);
  }
  if (__builtin_fabsf(number) >= greatest_half) {
    return sign | 0x7bff;
  }
  if (magnitude < 0x38800000) {
    // Multiples of 2⁻²⁴.
    return sign | (uint16_t)__builtin_nearbyint((double)__builtin_fabsf(number) * 0x1p24);
  }
  uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return sign | (uint16_t)((rounded - 0x38000000) >> 13);
}

static void narrow_scalar(const float *restrict numbers, size_t count, void *restrict out) {
  for (size_t i = 0; i < count; i++) {
    ((uint16_t *)out)[i] = half_of_number(numbers[i]);
  }
}

static inline __attribute__((always_inline)) uint32_t byte_dot_sum(const uint8_t *restrict a,
                                                                   const uint8_t *restrict b,
                                                                   size_t dimension) {
  uint32_t sum = 0;
  for (size_t i = 0; i < dimension; i++) {
    sum += (uint32_t)a[i] * (uint32_t)b[i];
  }
  return sum;
}

static inline __attribute__((always_inline)) uint32_t byte_squared_l2_sum(
    const uint8_t *restrict a, const uint8_t *restrict b, size_t dimension) {
  uint32_t sum = 0;
  for (size_t i = 0; i < dimension; i++) {
    int32_t difference = (int32_t)a[i] - (int32_t)b[i];
    sum += (uint32_t)(difference * difference);
  }
  return sum;
}

static inline __attribute__((always_inline)) uint32_t byte_l1_sum(const uint8_t *restrict a,
                                                                  const uint8_t *restrict b,
                                                                  size_t dimension) {
  uint32_t sum = 0;
  for (size_t i = 0; i < dimension; i++) {
    int32_t difference = (int32_t)a[i] - (int32_t)b[i];
    sum += (uint32_t)(difference < 0 ? -difference : difference);
  }
  return sum;
}

// The sums are exact, so all sets of kernels give the same bits.
static inline __attribute__((always_inline)) float byte_cosine_quotient(
    const uint8_t *restrict a, const uint8_t *restrict b, size_t dimension) {
  uint32_t sum = 0;
  uint32_t squares_a = 0;
  uint32_t squares_b = 0;
  for (size_t i = 0; i < dimension; i++) {
    sum += (uint32_t)a[i] * (uint32_t)b[i];
    squares_a += (uint32_t)a[i] * (uint32_t)a[i];
    squares_b += (uint32_t)b[i] * (uint32_t)b[i];
  }
  return cosine_of((float)sum, (float)squares_a, (float)squares_b);
}

static float byte_cosine_scalar(const void *restrict a, const void *restrict b,
                                size_t dimension) {
  return byte_cosine_quotient(a, b, dimension);
}

static void byte_widen_scalar(const void *restrict numbers, size_t count, float *restrict out) {
  for (size_t i = 0; i < count; i++) {
    out[i] = (float)((const uint8_t *)numbers)[i];
  }
}

static float byte_dot_scalar(const void *restrict a, const void *restrict b, size_t dimension) {
  return (float)byte_dot_sum(a, b, dimension);
}

static float byte_squared_l2_scalar(const void *restrict a, const void *restrict b,
                                    size_t dimension) {
  return (float)byte_squared_l2_sum(a, b, dimension);
}

static float byte_l1_scalar(const void *restrict a, const void *restrict b, size_t dimension) {
  return (float)byte_l1_sum(a, b, dimension);
}

static const row_set set_scalar = {
    {{dot_scalar, squared_l2_scalar, l1_scalar, cosine_scalar},
     {half_dot_scalar, half_squared_l2_scalar, half_l1_scalar, half_cosine_scalar},
     {byte_dot_scalar, byte_squared_l2_scalar, byte_l1_scalar, byte_cosine_scalar}},
    {widen_scalar, half_widen_scalar, byte_widen_scalar},
    narrow_scalar,
};

#if defined(__x86_64__)

#define VK_SUFFIX avx2
#define VK_ATTRIBUTES __attribute__((target("avx2,fma,f16c")))
#include "RowKernels.h"

#define VK_SUFFIX avx512
#define VK_ATTRIBUTES \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"), min_vector_width(512)))
#include "RowKernels.h"

#endif

#if defined(__aarch64__)

// Every aarch64 CPU has NEON; the attribute would add nothing.
#define VK_SUFFIX neon
#define VK_ATTRIBUTES
#include "RowKernels.h"

#endif

// The dispatch table. A missing set is null and never selected.
static const row_set *const sets[VK_VARIANTS] = {
    [VK_SCALAR] = &set_scalar,
#if defined(__x86_64__)
    [VK_AVX2] = &set_avx2,
    [VK_AVX512] = &set_avx512,
#endif
#if defined(__aarch64__)
    [VK_NEON] = &set_neon,
#endif
};

static const char *const names[VK_VARIANTS] = {
    [VK_SCALAR] = "scalar",
    [VK_AVX2] = "avx2",
    [VK_AVX512] = "avx512",
    [VK_NEON] = "neon",
};

bool vk_is_supported(vk_variant variant) {
  switch (variant) {
    case VK_SCALAR:
      return true;
    case VK_AVX2:
#if defined(__x86_64__)
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("f16c");
#else
      return false;
#endif
    case VK_AVX512:
#if defined(__x86_64__)
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("f16c");
#else
      return false;
#endif
    case VK_NEON:
#if defined(__aarch64__)
      return true;
#else
      return false;
#endif
  }
  return false;
}

const char *vk_name(vk_variant variant) {
  return (unsigned)variant < VK_VARIANTS ? names[variant] : "unknown";
}

static vk_variant best_variant(void) {
  static const vk_variant by_preference[] = {VK_AVX512, VK_AVX2, VK_NEON};
  for (size_t i = 0; i < sizeof by_preference / sizeof by_preference[0]; i++) {
    if (vk_is_supported(by_preference[i])) {
      return by_preference[i];
    }
  }
  return VK_SCALAR;
}

vk_selection vk_select(const char *name) {
  if (name == NULL || name[0] == '\0') {
    return (vk_selection){.variant = best_variant(), .honoured = true};
  }
  for (unsigned i = 0; i < VK_VARIANTS; i++) {
    if (strcmp(name, names[i]) == 0 && vk_is_supported((vk_variant)i)) {
      return (vk_selection){.variant = (vk_variant)i, .honoured = true};
    }
  }
  return (vk_selection){.variant = best_variant(), .honoured = false};
}

const char *vk_requested_by_environment(void) { return getenv("QUIVER_KERNELS"); }

static const row_set *set_of(vk_variant variant) {
  const row_set *set = (unsigned)variant < VK_VARIANTS ? sets[variant] : NULL;
  return set != NULL ? set : &set_scalar;
}

static vk_pair_function pair_function(vk_variant variant, vk_metric metric, vk_element element) {
  return set_of(variant)->pairs[element][metric];
}

void vk_widen(vk_variant variant, vk_element element, const void *numbers, size_t count,
              float *out) {
  set_of(variant)->widen[element](numbers, count, out);
}

void vk_score_rows(vk_variant variant, vk_metric metric, vk_element element, const void *query,
                   const void *rows, size_t count, size_t dimension, float *out) {
  vk_pair_function score = pair_function(variant, metric, element);
  size_t bytes = dimension * vk_element_bytes(element);
  for (size_t i = 0; i < count; i++) {
    out[i] = score(query, (const char *)rows + i * bytes, dimension);
  }
}

// Rows that lie anywhere come from memory, not from a cache: twice as many of them arrive in a time
// when they are asked for as a whole, early, and into the second cache, than when the first cache
// waits for the first lines. Of long rows the hardware prefetcher follows the rest by itself.
static void prefetch_row(const char *row, size_t bytes) {
  enum { line = 64, lines = 48 };
  for (size_t i = 0; i < bytes && i < line * lines; i += line) {
    __builtin_prefetch(row + i, 0, 2);
  }
}

void vk_score_gathered(vk_variant variant, vk_metric metric, vk_element element, const void *query,
                       const void *const *rows, size_t count, size_t following, size_t dimension,
                       float *out) {
  enum { ahead = 8 };
  vk_pair_function score = pair_function(variant, metric, element);
  size_t bytes = dimension * vk_element_bytes(element);
  size_t known = count + following;
  for (size_t i = 0; i < known && i < ahead; i++) {
    prefetch_row(rows[i], bytes);
  }
  for (size_t i = 0; i < count; i++) {
    if (i + ahead < known) {
      prefetch_row(rows[i + ahead], bytes);
    }
    out[i] = score(query, rows[i], dimension);
  }
}

void vk_narrow(vk_variant variant, const float *numbers, size_t count, void *out) {
  set_of(variant)->narrow(numbers, count, out);
}

double vk_sum_of_squares(const float *vector, size_t dimension) {
#pragma clang fp reassociate(off) contract(off)
  double sums[4] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + 4 <= dimension; i += 4) {
    for (size_t lane = 0; lane < 4; lane++) {
      sums[lane] += (double)vector[i + lane] * (double)vector[i + lane];
    }
  }
  for (; i < dimension; i++) {
    sums[i % 4] += (double)vector[i] * (double)vector[i];
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

void vk_scale(float *vector, size_t dimension, double factor) {
#pragma clang fp reassociate(off) contract(off)
  for (size_t i = 0; i < dimension; i++) {
    vector[i] = (float)((double)vector[i] * factor);
  }
}
