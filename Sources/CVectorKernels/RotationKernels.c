#include <string.h>

#include "CVectorKernels.h"
#include "Lanes.h"

#pragma clang fp contract(off)

#define VK_SUFFIX baseline
#define VK_ATTRIBUTES
#include "RotationKernels.h"

#if defined(__x86_64__)
#define VK_SUFFIX avx2
#define VK_ATTRIBUTES __attribute__((target("avx2,fma")))
#include "RotationKernels.h"

#define VK_SUFFIX avx512
#define VK_ATTRIBUTES \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"), min_vector_width(512)))
#include "RotationKernels.h"
#endif

// All copies give the same bits, so the best one runs whatever was asked for.
#if defined(__x86_64__)
#define VK_DISPATCH(name, ...)                                          \
  (vk_is_supported(VK_AVX512) ? name##_avx512(__VA_ARGS__)              \
   : vk_is_supported(VK_AVX2) ? name##_avx2(__VA_ARGS__)                \
                              : name##_baseline(__VA_ARGS__))
#else
#define VK_DISPATCH(name, ...) name##_baseline(__VA_ARGS__)
#endif

void vk_rotate(const float *signs, const float *vector, size_t size, size_t dimension,
               float *out) {
  VK_DISPATCH(rotate, signs, vector, size, dimension, out);
}

vk_table_scale vk_build_table(const float *rotated, size_t dimension, uint8_t *table) {
  return VK_DISPATCH(build_table, rotated, dimension, table);
}

void vk_encode(vk_metric metric, const float *rotated, const float *centroid, size_t dimension,
               uint8_t *block, size_t index) {
  VK_DISPATCH(encode, metric, rotated, centroid, dimension, block, index);
}

void vk_clear_block(uint8_t *block, size_t dimension) {
  memset(block, 0, vk_block_bytes(dimension));
  float *terms = (float *)(void *)(block + 2 * dimension);
  for (size_t i = 0; i < VK_BLOCK_ENTRIES; i++) {
    terms[i] = 1e30f;
  }
}

void vk_prefetch(const void *address, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 64) {
    __builtin_prefetch((const char *)address + i, 0, 3);
  }
}
