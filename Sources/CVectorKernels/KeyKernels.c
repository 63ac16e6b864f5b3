#include <string.h>

#include "CVectorKernels.h"

enum { lanes = 16 };

// `keys` are followed by keys that come before none, up to a multiple of `lanes`. Equal keys are
// put into one place; the places after it, which stay as they were, are theirs too.
#define VK_RANK_BODY                               \
  for (size_t i = 0; i < count; i++) {             \
    uint64_t key = keys[i];                        \
    uint64_t before = 0;                           \
    for (size_t j = 0; j < padded; j++) {          \
      before += keys[j] < key;                     \
    }                                              \
    sorted[before] = key;                          \
  }

typedef void (*rank_function)(const uint64_t *restrict keys, size_t count, size_t padded,
                              uint64_t *restrict sorted);

static void rank_plain(const uint64_t *restrict keys, size_t count, size_t padded,
                       uint64_t *restrict sorted) {
  VK_RANK_BODY
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static void rank_avx2(const uint64_t *restrict keys, size_t count,
                                                      size_t padded,
                                                      uint64_t *restrict sorted) {
  VK_RANK_BODY
}

__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2"),
               min_vector_width(512))) static void
rank_avx512(const uint64_t *restrict keys, size_t count, size_t padded,
            uint64_t *restrict sorted) {
  VK_RANK_BODY
}

#endif

static rank_function function_of(vk_variant variant) {
#if defined(__x86_64__)
  if (variant == VK_AVX512) {
    return rank_avx512;
  }
  if (variant == VK_AVX2) {
    return rank_avx2;
  }
#endif
  (void)variant;
  return rank_plain;
}

void vk_rank_keys(vk_variant variant, uint64_t *keys, size_t count) {
  uint64_t copy[VK_RANKED_MAX + lanes];
  size_t padded = (count + lanes - 1) / lanes * lanes;
  memcpy(copy, keys, count * sizeof *keys);
  for (size_t i = count; i < padded; i++) {
    copy[i] = UINT64_MAX;
  }
  for (size_t i = 0; i < count; i++) {
    keys[i] = UINT64_MAX;
  }
  function_of(variant)(copy, count, padded, keys);
  for (size_t i = 1; i < count; i++) {
    if (keys[i] == UINT64_MAX) {
      keys[i] = keys[i - 1];
    }
  }
}
