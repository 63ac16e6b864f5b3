#include "ByteExpansion.h"
#include "CVectorKernels.h"

#pragma clang fp contract(off)

static inline __attribute__((always_inline)) void add_product(vk_sparse_score *score,
                                                              const vk_sparse_table *table,
                                                              const vk_sparse_row *row,
                                                              size_t element) {
  uint32_t index = row->indices[element];
  uint32_t place = (index * table->multiplier) >> table->shift;
  if (table->keys[place] != index || !table->used[place]) return;
  score->sum += table->weights[place] * vk_sparse_weight(row, element);
  score->common++;
}

static vk_sparse_score score_plain(const vk_sparse_table *table, const vk_sparse_row *row) {
  vk_sparse_score score = {0, 0};
  for (size_t i = 0; i < row->count; i++) {
    add_product(&score, table, row, i);
  }
  return score;
}

#if defined(__x86_64__)

VK_AVX512_TARGET static vk_sparse_score score_avx512(const vk_sparse_table *table,
                                                     const vk_sparse_row *row) {
  vk_sparse_score score = {0, 0};
  __m512i multiplier = _mm512_set1_epi32((int)table->multiplier);
  __m128i shift = _mm_cvtsi32_si128((int)table->shift);
  size_t i = 0;
  for (; i + 16 <= row->count; i += 16) {
    __m512i index = _mm512_loadu_si512(row->indices + i);
    __m512i place = _mm512_srl_epi32(_mm512_mullo_epi32(index, multiplier), shift);
    __m512i keys = _mm512_i32gather_epi32(place, table->keys, 4);
    uint32_t met = _mm512_cmpeq_epi32_mask(index, keys);
    for (; met != 0; met &= met - 1) {
      add_product(&score, table, row, i + (size_t)__builtin_ctz(met));
    }
  }
  for (; i < row->count; i++) {
    add_product(&score, table, row, i);
  }
  return score;
}

#endif

vk_sparse_score vk_score_sparse(vk_variant variant, const vk_sparse_table *table,
                                const vk_sparse_row *row) {
#if defined(__x86_64__)
  if (variant == VK_AVX512 && has_expansion()) return score_avx512(table, row);
#else
  (void)variant;
#endif
  return score_plain(table, row);
}

vk_sparse_score vk_merge_sparse(const uint32_t *query_indices, const float *query_weights,
                                size_t query_count, const vk_sparse_row *row) {
  vk_sparse_score score = {0, 0};
  size_t i = 0;
  size_t j = 0;
  while (i < query_count && j < row->count) {
    uint32_t a = query_indices[i];
    uint32_t b = row->indices[j];
    if (a == b) {
      score.sum += query_weights[i] * vk_sparse_weight(row, j);
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
