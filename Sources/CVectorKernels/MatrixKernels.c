#include <string.h>

#include "CVectorKernels.h"
#include "Lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#pragma clang fp contract(off)

typedef struct matrix_set {
  void (*products)(const float *const *rows, size_t count, size_t dimension, const float *packed,
                   size_t panels, const float *bias, float *out, size_t stride);
  size_t (*smallest)(const float *values, size_t count);
  size_t (*count_up_to)(const float *values, size_t count, float limit);
  void (*extent)(const float *values, size_t count, float limit, float *lowest, float *highest);
  size_t (*collect_up_to)(const float *values, size_t count, float limit, uint32_t *positions);
} matrix_set;

#define VK_MATRIX_SET(suffix, collect)                                                  \
  static const matrix_set set_##suffix = {products_##suffix, smallest_##suffix,         \
                                          count_up_to_##suffix, extent_##suffix, collect};

static size_t collect_plain(const float *values, size_t count, float limit,
                            uint32_t *positions) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    if (values[i] <= limit) {
      positions[found++] = (uint32_t)i;
    }
  }
  return found;
}

// The reference adds up in double and in order.
static void products_scalar(const float *const *rows, size_t count, size_t dimension,
                            const float *packed, size_t panels, const float *bias, float *out,
                            size_t stride) {
  for (size_t i = 0; i < count; i++) {
    for (size_t c = 0; c < panels * VK_PANEL; c++) {
      const float *column = packed + (c / VK_PANEL) * VK_PANEL * dimension + c % VK_PANEL;
      double sum = 0;
      for (size_t k = 0; k < dimension; k++) {
        sum += (double)rows[i][k] * (double)column[k * VK_PANEL];
      }
      out[i * stride + c] = (float)((double)bias[c] - sum);
    }
  }
}

#define VK_SUFFIX generic
#define VK_ATTRIBUTES
#define VK_TILE_ROWS 6
#define VK_TILE_PANELS 1
#include "MatrixTile.h"

VK_MATRIX_SET(generic, collect_plain)

static const matrix_set set_scalar = {products_scalar, smallest_generic, count_up_to_generic,
                                      extent_generic, collect_plain};

#if defined(__x86_64__)

#define VK_SUFFIX avx2
#define VK_ATTRIBUTES __attribute__((target("avx2,fma")))
#define VK_TILE_ROWS 6
#define VK_TILE_PANELS 1
#include "MatrixTile.h"

VK_MATRIX_SET(avx2, collect_plain)

#define VK_SUFFIX avx512
#define VK_ATTRIBUTES \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"), min_vector_width(512)))
#define VK_TILE_ROWS 12
#define VK_TILE_PANELS 2
#include "MatrixTile.h"

__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2"),
               min_vector_width(512))) static size_t
collect_avx512(const float *values, size_t count, float limit, uint32_t *positions) {
  const __m512i lanes =
      _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  size_t found = 0;
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 through =
        _mm512_cmp_ps_mask(_mm512_loadu_ps(values + i), _mm512_set1_ps(limit), _CMP_LE_OQ);
    if (through == 0) {
      continue;
    }
    unsigned number = (unsigned)__builtin_popcount(through);
    __m512i index = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)i));
    // Nothing is written past what is found.
    _mm512_mask_storeu_epi32(positions + found, (__mmask16)((1u << number) - 1),
                             _mm512_maskz_compress_epi32(through, index));
    found += number;
  }
  return found;
}

VK_MATRIX_SET(avx512, collect_avx512)

#endif

static const matrix_set *set_of(vk_variant variant) {
  switch (variant) {
#if defined(__x86_64__)
    case VK_AVX2:
      return &set_avx2;
    case VK_AVX512:
      return &set_avx512;
#endif
    case VK_NEON:
      return &set_generic;
    default:
      return &set_scalar;
  }
}

void vk_pack(const float *centroids, size_t count, size_t dimension, float *packed) {
  memset(packed, 0, vk_panels(count) * VK_PANEL * dimension * sizeof(float));
  for (size_t c = 0; c < count; c++) {
    float *column = packed + (c / VK_PANEL) * VK_PANEL * dimension + c % VK_PANEL;
    for (size_t k = 0; k < dimension; k++) {
      column[k * VK_PANEL] = centroids[c * dimension + k];
    }
  }
}

void vk_biased_products(vk_variant variant, const float *const *rows, size_t count,
                        size_t dimension, const float *packed, size_t panels, const float *bias,
                        float *out, size_t stride) {
  set_of(variant)->products(rows, count, dimension, packed, panels, bias, out, stride);
}

size_t vk_smallest(vk_variant variant, const float *values, size_t count) {
  return set_of(variant)->smallest(values, count);
}

size_t vk_select_smallest(vk_variant variant, const float *values, size_t count, size_t wanted,
                          size_t slack, uint32_t *positions) {
  const matrix_set *set = set_of(variant);
  if (wanted == 0) {
    return 0;
  }
  float low;
  float high;
  set->extent(values, count, VK_NO_VALUE, &low, &high);
  // Bisects for a limit that lets through `wanted` to `wanted` + `slack` values: `high` lets
  // through enough, `low` (after the first step) too few.
  size_t through = set->count_up_to(values, count, high);
  for (int step = 0; step < 40 && through > wanted + slack; step++) {
    float middle = low + (high - low) / 2;
    if (!(middle > low && middle < high)) {
      break;
    }
    size_t below = set->count_up_to(values, count, middle);
    if (below >= wanted) {
      high = middle;
      through = below;
    } else {
      low = middle;
    }
  }
  if (through <= wanted + slack) {
    return set->collect_up_to(values, count, high, positions);
  }
  size_t found = 0;
  size_t equal = wanted + slack;
  // Many values are as small as the last one: those that are smaller come first.
  size_t smaller = 0;
  for (size_t i = 0; i < count; i++) {
    smaller += values[i] < high;
  }
  size_t ties = smaller < equal ? equal - smaller : 0;
  for (size_t i = 0; i < count && found < equal; i++) {
    if (values[i] < high) {
      positions[found++] = (uint32_t)i;
    } else if (values[i] == high && ties > 0) {
      ties -= 1;
      positions[found++] = (uint32_t)i;
    }
  }
  return found;
}

size_t vk_select_up_to(vk_variant variant, const float *values, size_t count, float limit,
                       uint32_t *positions) {
  return set_of(variant)->collect_up_to(values, count, limit, positions);
}
