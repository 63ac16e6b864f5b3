#include <string.h>

#include "CVectorKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#pragma clang fp contract(off)

static inline uint16_t share(uint8_t weight, uint16_t factor) {
  return (uint16_t)(((uint32_t)weight * factor) >> 8);
}

// MARK: Parts of a scan, by set

typedef struct scan_parts {
  /// Adds to the bounds of the blocks what the maxima of `terms` allow.
  void (*sum_maxima)(const vk_sparse_bits *terms, size_t count, size_t first_block,
                     uint16_t bounds[VK_SPARSE_BLOCKS]);
  /// The greatest of the sums of a block.
  uint16_t (*greatest)(const uint16_t *sums);
  /// Adds `terms` to the sums of a block; tells which of its rows come to `threshold`. Sums need
  /// not be written if there is none.
  uint64_t (*sum_block)(const vk_sparse_bits *terms, size_t count, size_t block,
                        uint16_t threshold, uint16_t *sums);
} scan_parts;

/// Adds the rows of a list that lie in a superblock.
static void scatter(const vk_sparse_list *list, size_t superblock, uint16_t *sums) {
  size_t first_row = superblock * VK_SPARSE_ROWS;
  const uint16_t factor = list->factor;
  for (size_t i = list->starts[superblock]; i < list->starts[superblock + 1]; i++) {
    sums[list->rows[i] - first_row] += share(list->weights[i], factor);
  }
}

/// Adds the rows of a list that lie in a block.
static void scatter_block(const vk_sparse_list *list, size_t superblock, size_t block,
                          uint16_t *block_sums) {
  size_t first_row = block * VK_SPARSE_BLOCK_ROWS;
  size_t low = list->starts[superblock];
  size_t end = list->starts[superblock + 1];
  size_t high = end;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (list->rows[middle] < first_row) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < end && list->rows[low] < first_row + VK_SPARSE_BLOCK_ROWS; low++) {
    block_sums[list->rows[low] - first_row] += share(list->weights[low], list->factor);
  }
}

/// More blocks than this that can hold a result are not worth a search in each list.
enum { few_blocks = 8 };

/// How many lists, from the first on, are added at once. The rest, whose weights are small, is added
/// only in blocks where it can matter; `most` gets what a row may have from it.
static size_t count_leading(const vk_sparse_terms *terms, const uint16_t *block_bounds,
                            size_t block_count, uint32_t threshold, uint32_t *most) {
  uint32_t highest = 0;
  for (size_t i = 0; i < block_count; i++) {
    highest = block_bounds[i] > highest ? block_bounds[i] : highest;
  }
  size_t leading = terms->list_count;
  uint32_t sum = 0;
  // With so much left open, what was added at once still tells most blocks apart.
  uint32_t room = threshold > highest ? (threshold - highest) / 2 : 0;
  while (leading > 0) {
    uint32_t next = share(255, terms->lists[leading - 1].factor);
    if (sum + next > room) break;
    sum += next;
    leading--;
  }
  *most = sum;
  return leading;
}

static inline __attribute__((always_inline)) size_t scan_with(
    scan_parts parts, const vk_sparse_terms *terms, size_t superblock, size_t block_count,
    uint16_t threshold, uint16_t *sums, uint16_t *rows, uint16_t *bounds) {
  size_t first_block = superblock * VK_SPARSE_BLOCKS;
  uint16_t block_bounds[VK_SPARSE_BLOCKS] = {0};
  parts.sum_maxima(terms->bits, terms->bit_count, first_block, block_bounds);
  uint32_t rest;
  size_t leading = count_leading(terms, block_bounds, block_count, threshold, &rest);
  for (size_t i = 0; i < leading; i++) {
    __builtin_prefetch(terms->lists[i].rows + terms->lists[i].starts[superblock], 0, 3);
    __builtin_prefetch(terms->lists[i].weights + terms->lists[i].starts[superblock], 0, 3);
  }
  memset(sums, 0, block_count * VK_SPARSE_BLOCK_ROWS * sizeof(uint16_t));
  for (size_t i = 0; i < leading; i++) {
    scatter(terms->lists + i, superblock, sums);
  }
  size_t live[VK_SPARSE_BLOCKS];
  size_t live_count = 0;
  for (size_t i = 0; i < block_count; i++) {
    uint32_t most = block_bounds[i] + rest;
    if (leading > 0) most += parts.greatest(sums + i * VK_SPARSE_BLOCK_ROWS);
    live[live_count] = i;
    live_count += most >= threshold;
  }
  bool is_whole = live_count > few_blocks;
  for (size_t i = leading; is_whole && i < terms->list_count; i++) {
    scatter(terms->lists + i, superblock, sums);
  }
  size_t found = 0;
  for (size_t l = 0; l < live_count; l++) {
    uint16_t *block_sums = sums + live[l] * VK_SPARSE_BLOCK_ROWS;
    size_t block = first_block + live[l];
    for (size_t i = leading; !is_whole && i < terms->list_count; i++) {
      scatter_block(terms->lists + i, superblock, block, block_sums);
    }
    if (leading < terms->list_count &&
        block_bounds[live[l]] + (uint32_t)parts.greatest(block_sums) < threshold) {
      continue;
    }
    uint64_t passed =
        parts.sum_block(terms->bits, terms->bit_count, block, threshold, block_sums);
    while (passed != 0) {
      size_t row = (size_t)__builtin_ctzll(passed);
      passed &= passed - 1;
      rows[found] = (uint16_t)(block * VK_SPARSE_BLOCK_ROWS + row);
      bounds[found] = block_sums[row];
      found++;
    }
  }
  return found;
}

static void sum_maxima_plain(const vk_sparse_bits *terms, size_t count, size_t first_block,
                             uint16_t bounds[VK_SPARSE_BLOCKS]) {
  for (size_t t = 0; t < count; t++) {
    const uint8_t *maxima = terms[t].maxima + first_block;
    uint16_t factor = terms[t].factor;
    for (size_t i = 0; i < VK_SPARSE_BLOCKS; i++) {
      bounds[i] += share(maxima[i], factor);
    }
  }
}

static uint16_t greatest_plain(const uint16_t *sums) {
  uint16_t greatest = 0;
  for (size_t i = 0; i < VK_SPARSE_BLOCK_ROWS; i++) {
    greatest = sums[i] > greatest ? sums[i] : greatest;
  }
  return greatest;
}

static uint64_t sum_block_plain(const vk_sparse_bits *terms, size_t count, size_t block,
                                uint16_t threshold, uint16_t *sums) {
  for (size_t t = 0; t < count; t++) {
    const uint8_t *weights = terms[t].weights + terms[t].starts[block];
    uint16_t factor = terms[t].factor;
    for (uint64_t mask = terms[t].masks[block]; mask != 0; mask &= mask - 1) {
      sums[__builtin_ctzll(mask)] += share(*weights++, factor);
    }
  }
  uint64_t passed = 0;
  for (size_t row = 0; row < VK_SPARSE_BLOCK_ROWS; row++) {
    passed |= (uint64_t)(sums[row] >= threshold) << row;
  }
  return passed;
}

static size_t scan_plain(const vk_sparse_terms *terms, size_t superblock, size_t block_count,
                         uint16_t threshold, uint16_t *sums, uint16_t *rows, uint16_t *bounds) {
  const scan_parts parts = {sum_maxima_plain, greatest_plain, sum_block_plain};
  return scan_with(parts, terms, superblock, block_count, threshold, sums, rows, bounds);
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
                                   const float *weights, size_t count) {
  vk_sparse_score score = {0, 0};
  for (size_t i = 0; i < count; i++) {
    add_product(&score, table, indices[i], weights[i]);
  }
  return score;
}

// MARK: AVX-512 with byte expansion

#if defined(__x86_64__)

#define VK_AVX512_TARGET                                                                    \
  __attribute__((                                                                           \
      target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi,bmi2,popcnt"), \
      min_vector_width(512)))

// Bytes are widened by putting zeros below them, within every 128 bits: their rows are then in
// another order, which is mended once a block.
static const uint16_t to_lower[32] = {0,  1,  2,  3,  4,  5,  6,  7,  16, 17, 18,
                                      19, 20, 21, 22, 23, 32, 33, 34, 35, 36, 37,
                                      38, 39, 48, 49, 50, 51, 52, 53, 54, 55};
static const uint16_t to_first[32] = {0,  1,  2,  3,  4,  5,  6,  7,  32, 33, 34,
                                      35, 36, 37, 38, 39, 8,  9,  10, 11, 12, 13,
                                      14, 15, 40, 41, 42, 43, 44, 45, 46, 47};

VK_AVX512_TARGET static inline __attribute__((always_inline)) void add_bytes(
    __m512i bytes, uint16_t factor, __m512i *lower, __m512i *upper) {
  __m512i zero = _mm512_setzero_si512();
  __m512i factors = _mm512_set1_epi16((short)factor);
  __m512i low = _mm512_unpacklo_epi8(zero, bytes);
  __m512i high = _mm512_unpackhi_epi8(zero, bytes);
  *lower = _mm512_add_epi16(*lower, _mm512_mulhi_epu16(low, factors));
  *upper = _mm512_add_epi16(*upper, _mm512_mulhi_epu16(high, factors));
}

/// Puts sums into the order of rows.
VK_AVX512_TARGET static inline __attribute__((always_inline)) void put_in_order(__m512i *lower,
                                                                                __m512i *upper) {
  __m512i first = _mm512_loadu_si512(to_first);
  __m512i second = _mm512_add_epi16(first, _mm512_set1_epi16(16));
  __m512i a = _mm512_permutex2var_epi16(*lower, first, *upper);
  *upper = _mm512_permutex2var_epi16(*lower, second, *upper);
  *lower = a;
}

VK_AVX512_TARGET static void sum_maxima_avx512(const vk_sparse_bits *terms, size_t count,
                                               size_t first_block,
                                               uint16_t bounds[VK_SPARSE_BLOCKS]) {
  __m512i lower = _mm512_setzero_si512();
  __m512i upper = _mm512_setzero_si512();
  for (size_t t = 0; t < count; t++) {
    __m512i maxima = _mm512_loadu_si512(terms[t].maxima + first_block);
    add_bytes(maxima, terms[t].factor, &lower, &upper);
  }
  put_in_order(&lower, &upper);
  _mm512_storeu_si512(bounds, lower);
  _mm512_storeu_si512(bounds + 32, upper);
}

VK_AVX512_TARGET static uint16_t greatest_avx512(const uint16_t *sums) {
  __m512i both =
      _mm512_max_epu16(_mm512_loadu_si512(sums), _mm512_loadu_si512(sums + 32));
  __m256i half = _mm256_max_epu16(_mm512_castsi512_si256(both),
                                  _mm512_extracti64x4_epi64(both, 1));
  __m128i quarter =
      _mm_max_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  // The least of the complements is the greatest.
  __m128i least = _mm_minpos_epu16(_mm_xor_si128(quarter, _mm_set1_epi16(-1)));
  return (uint16_t)~_mm_extract_epi16(least, 0);
}

VK_AVX512_TARGET static uint64_t sum_block_avx512(const vk_sparse_bits *terms, size_t count,
                                                  size_t block, uint16_t threshold,
                                                  uint16_t *sums) {
  __m512i order = _mm512_loadu_si512(to_lower);
  __m512i first = _mm512_loadu_si512(sums);
  __m512i second = _mm512_loadu_si512(sums + 32);
  __m512i lower = _mm512_permutex2var_epi16(first, order, second);
  __m512i upper =
      _mm512_permutex2var_epi16(first, _mm512_add_epi16(order, _mm512_set1_epi16(8)), second);
  for (size_t t = 0; t < count; t++) {
    const uint8_t *weights = terms[t].weights + terms[t].starts[block];
    __m512i bytes =
        _mm512_maskz_expand_epi8(terms[t].masks[block], _mm512_loadu_si512(weights));
    add_bytes(bytes, terms[t].factor, &lower, &upper);
  }
  __m512i thresholds = _mm512_set1_epi16((short)threshold);
  if ((_mm512_cmpge_epu16_mask(lower, thresholds) | _mm512_cmpge_epu16_mask(upper, thresholds)) ==
      0) {
    return 0;
  }
  put_in_order(&lower, &upper);
  _mm512_storeu_si512(sums, lower);
  _mm512_storeu_si512(sums + 32, upper);
  return (uint64_t)_mm512_cmpge_epu16_mask(lower, thresholds) |
         (uint64_t)_mm512_cmpge_epu16_mask(upper, thresholds) << 32;
}

VK_AVX512_TARGET static size_t scan_avx512(const vk_sparse_terms *terms, size_t superblock,
                                           size_t block_count, uint16_t threshold,
                                           uint16_t *sums, uint16_t *rows, uint16_t *bounds) {
  const scan_parts parts = {sum_maxima_avx512, greatest_avx512, sum_block_avx512};
  return scan_with(parts, terms, superblock, block_count, threshold, sums, rows, bounds);
}

VK_AVX512_TARGET static vk_sparse_score score_avx512(const vk_sparse_table *table,
                                                     const uint32_t *indices,
                                                     const float *weights, size_t count) {
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
      add_product(&score, table, indices[lane], weights[lane]);
    }
  }
  for (; i < count; i++) {
    add_product(&score, table, indices[i], weights[i]);
  }
  return score;
}

static bool has_expansion(void) {
  return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}

#endif

// MARK: Entry points

size_t vk_scan_sparse(vk_variant variant, const vk_sparse_terms *terms, size_t superblock,
                      size_t block_count, uint32_t threshold, uint16_t *sums, uint16_t *rows,
                      uint16_t *bounds) {
  if (threshold > UINT16_MAX) return 0;
#if defined(__x86_64__)
  if (variant == VK_AVX512 && has_expansion()) {
    return scan_avx512(terms, superblock, block_count, (uint16_t)threshold, sums, rows, bounds);
  }
#else
  (void)variant;
#endif
  return scan_plain(terms, superblock, block_count, (uint16_t)threshold, sums, rows, bounds);
}

vk_sparse_score vk_score_sparse(vk_variant variant, const vk_sparse_table *table,
                                const uint32_t *indices, const float *weights, size_t count) {
#if defined(__x86_64__)
  if (variant == VK_AVX512 && has_expansion()) {
    return score_avx512(table, indices, weights, count);
  }
#else
  (void)variant;
#endif
  return score_plain(table, indices, weights, count);
}

vk_sparse_score vk_merge_sparse(const uint32_t *query_indices, const float *query_weights,
                                size_t query_count, const uint32_t *indices, const float *weights,
                                size_t count) {
  vk_sparse_score score = {0, 0};
  size_t i = 0;
  size_t j = 0;
  while (i < query_count && j < count) {
    uint32_t a = query_indices[i];
    uint32_t b = indices[j];
    if (a == b) {
      score.sum += query_weights[i] * weights[j];
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
