#include "ByteExpansion.h"
#include "CVectorKernels.h"

#pragma clang fp contract(off)

static inline float weight_of(const float *weights, const uint8_t *codes, size_t element) {
  return weights[codes == NULL ? element : codes[element]];
}

static inline __attribute__((always_inline)) void add_product(vk_sparse_score *score,
                                                              const vk_sparse_table *table,
                                                              uint32_t index, float weight) {
  uint32_t place = (index * table->multiplier) >> table->shift;
  if (table->keys[place] != index || !table->used[place]) return;
  score->sum += table->weights[place] * weight;
  score->common++;
}

static vk_sparse_score score_plain(const vk_sparse_table *table, const uint32_t *indices,
                                   const float *weights, const uint8_t *codes, size_t count) {
  vk_sparse_score score = {0, 0};
  for (size_t i = 0; i < count; i++) {
    add_product(&score, table, indices[i], weight_of(weights, codes, i));
  }
  return score;
}

#if defined(__x86_64__)

VK_AVX512_TARGET static vk_sparse_score score_avx512(const vk_sparse_table *table,
                                                     const uint32_t *indices,
                                                     const float *weights, const uint8_t *codes,
                                                     size_t count) {
  vk_sparse_score score = {0, 0};
  __m512i multiplier = _mm512_set1_epi32((int)table->multiplier);
  __m128i shift = _mm_cvtsi32_si128((int)table->shift);
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    __m512i index = _mm512_loadu_si512(indices + i);
    __m512i place = _mm512_srl_epi32(_mm512_mullo_epi32(index, multiplier), shift);
    __m512i keys = _mm512_i32gather_epi32(place, table->keys, 4);
    uint32_t met = _mm512_cmpeq_epi32_mask(index, keys);
    for (; met != 0; met &= met - 1) {
      size_t lane = i + (size_t)__builtin_ctz(met);
      add_product(&score, table, indices[lane], weight_of(weights, codes, lane));
    }
  }
  for (; i < count; i++) {
    add_product(&score, table, indices[i], weight_of(weights, codes, i));
  }
  return score;
}

#endif

vk_sparse_score vk_score_sparse(vk_variant variant, const vk_sparse_table *table,
                                const uint32_t *indices, const float *weights,
                                const uint8_t *codes, size_t count) {
#if defined(__x86_64__)
  if (variant == VK_AVX512 && has_expansion()) {
    return score_avx512(table, indices, weights, codes, count);
  }
#else
  (void)variant;
#endif
  return score_plain(table, indices, weights, codes, count);
}

vk_sparse_score vk_merge_sparse(const uint32_t *query_indices, const float *query_weights,
                                size_t query_count, const uint32_t *indices, const float *weights,
                                const uint8_t *codes, size_t count) {
  vk_sparse_score score = {0, 0};
  size_t i = 0;
  size_t j = 0;
  while (i < query_count && j < count) {
    uint32_t a = query_indices[i];
    uint32_t b = indices[j];
    if (a == b) {
      score.sum += query_weights[i] * weight_of(weights, codes, j);
      score.common++;
    }
    i += a <= b;
    j += b <= a;
  }
  return score;
}

size_t vk_count_common(const uint64_t *a, const uint64_t *b, size_t count) {
  size_t common = 0;
  for (size_t i = 0; i < count; i++) {
    common += (size_t)__builtin_popcountll(a[i] & b[i]);
  }
  return common;
}
