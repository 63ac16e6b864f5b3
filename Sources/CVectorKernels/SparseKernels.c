#include "ByteExpansion.h"
#include "SparseScan.h"

// MARK: Any CPU

static uint16_t greatest_plain(const uint16_t *numbers, size_t count) {
  uint16_t greatest = 0;
  for (size_t i = 0; i < count; i++) {
    greatest = numbers[i] > greatest ? numbers[i] : greatest;
  }
  return greatest;
}

static uint16_t sum_maxima_plain(const vk_sparse_bits *terms, size_t count, size_t first_block,
                                 uint16_t cells[superblock_cells]) {
  memset(cells, 0, superblock_cells * sizeof(uint16_t));
  for (size_t t = 0; t < count; t++) {
    const uint8_t *maxima = terms[t].maxima + first_block * VK_SPARSE_BLOCK_CELLS;
    uint16_t factor = terms[t].factor;
    for (size_t i = 0; i < superblock_cells; i++) {
      cells[i] += share(maxima[i], factor);
    }
  }
  return greatest_plain(cells, superblock_cells);
}

static uint16_t find_greatest_plain(const uint16_t sums[VK_SPARSE_ROWS],
                                    uint16_t greatest[superblock_cells]) {
  for (size_t i = 0; i < superblock_cells; i++) {
    greatest[i] = greatest_plain(sums + i * cell_rows, cell_rows);
  }
  return greatest_plain(greatest, superblock_cells);
}

static uint64_t live_blocks_plain(const uint16_t cells[superblock_cells],
                                  const uint16_t *greatest, uint16_t threshold) {
  uint64_t live = 0;
  for (size_t i = 0; i < superblock_cells; i++) {
    uint32_t most = (uint32_t)cells[i] + (greatest == NULL ? 0 : greatest[i]);
    live |= (uint64_t)(most >= threshold) << (i / VK_SPARSE_BLOCK_CELLS);
  }
  return live;
}

static bool is_live_plain(const uint16_t *cells, const uint16_t *sums, uint16_t threshold) {
  bool is_live = false;
  for (size_t row = 0; row < VK_SPARSE_BLOCK_ROWS; row++) {
    is_live |= (uint32_t)cells[row / cell_rows] + sums[row] >= threshold;
  }
  return is_live;
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

static const scan_parts plain_parts = {sum_maxima_plain, find_greatest_plain, live_blocks_plain,
                                       is_live_plain, sum_block_plain};

// MARK: AVX-512 with byte expansion

#if defined(__x86_64__)

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

VK_AVX512_TARGET static inline uint16_t greatest_avx512(__m512i numbers) {
  __m256i half = _mm256_max_epu16(_mm512_castsi512_si256(numbers),
                                  _mm512_extracti64x4_epi64(numbers, 1));
  __m128i quarter =
      _mm_max_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  // The least of the complements is the greatest.
  __m128i least = _mm_minpos_epu16(_mm_xor_si128(quarter, _mm_set1_epi16(-1)));
  return (uint16_t)~_mm_extract_epi16(least, 0);
}

VK_AVX512_TARGET static uint16_t sum_maxima_avx512(const vk_sparse_bits *terms, size_t count,
                                                   size_t first_block,
                                                   uint16_t cells[superblock_cells]) {
  // 64 cells in two registers, and all of a superblock at once.
  enum { pairs = superblock_cells / 64 };
  __m512i lower[pairs];
  __m512i upper[pairs];
  for (size_t i = 0; i < pairs; i++) {
    lower[i] = _mm512_setzero_si512();
    upper[i] = _mm512_setzero_si512();
  }
  for (size_t t = 0; t < count; t++) {
    const uint8_t *maxima = terms[t].maxima + first_block * VK_SPARSE_BLOCK_CELLS;
#pragma clang loop unroll(full)
    for (size_t i = 0; i < pairs; i++) {
      add_bytes(_mm512_loadu_si512(maxima + 64 * i), terms[t].factor, lower + i, upper + i);
    }
  }
  __m512i greatest = _mm512_setzero_si512();
#pragma clang loop unroll(full)
  for (size_t i = 0; i < pairs; i++) {
    put_in_order(lower + i, upper + i);
    greatest = _mm512_max_epu16(greatest, _mm512_max_epu16(lower[i], upper[i]));
    _mm512_storeu_si512(cells + 64 * i, lower[i]);
    _mm512_storeu_si512(cells + 64 * i + 32, upper[i]);
  }
  return greatest_avx512(greatest);
}

/// The greater of neighbours of eight bytes, of four cells of each.
VK_AVX512_TARGET static inline __attribute__((always_inline)) __m512i greater_halves(__m512i a,
                                                                                     __m512i b) {
  return _mm512_max_epu16(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

/// The greater of neighbours of four bytes.
VK_AVX512_TARGET static inline __attribute__((always_inline)) __m512i greater_quarters(
    __m512i a, __m512i b) {
  __m512 first = _mm512_castsi512_ps(a);
  __m512 second = _mm512_castsi512_ps(b);
  return _mm512_max_epu16(_mm512_castps_si512(_mm512_shuffle_ps(first, second, 0x88)),
                          _mm512_castps_si512(_mm512_shuffle_ps(first, second, 0xdd)));
}

// A cell is 128 bits of sums. Cell 4i + l, of register i and lane l, comes to stand at
// 8l + 2(i mod 4) + i / 4.
static const uint16_t to_cells[32] = {0, 8,  16, 24, 2, 10, 18, 26, 4, 12, 20,
                                      28, 6, 14, 22, 30, 1, 9,  17, 25, 3, 11,
                                      19, 27, 5, 13, 21, 29, 7, 15, 23, 31};

/// The greatest sums of 32 cells.
VK_AVX512_TARGET static inline __attribute__((always_inline)) __m512i greatest_of_cells(
    const uint16_t *sums) {
  __m512i halves[4];
  for (size_t i = 0; i < 4; i++) {
    halves[i] = greater_halves(_mm512_loadu_si512(sums + 64 * i),
                               _mm512_loadu_si512(sums + 64 * i + 32));
  }
  __m512i even = greater_quarters(halves[0], halves[1]);
  __m512i odd = greater_quarters(halves[2], halves[3]);
  even = _mm512_max_epu16(even, _mm512_srli_epi32(even, 16));
  odd = _mm512_max_epu16(odd, _mm512_slli_epi32(odd, 16));
  __m512i both = _mm512_mask_blend_epi16(0xaaaaaaaa, even, odd);
  return _mm512_permutexvar_epi16(_mm512_loadu_si512(to_cells), both);
}

VK_AVX512_TARGET static uint16_t find_greatest_avx512(const uint16_t sums[VK_SPARSE_ROWS],
                                                      uint16_t greatest[superblock_cells]) {
  __m512i most = _mm512_setzero_si512();
  for (size_t i = 0; i < superblock_cells; i += 32) {
    __m512i of_cells = greatest_of_cells(sums + cell_rows * i);
    most = _mm512_max_epu16(most, of_cells);
    _mm512_storeu_si512(greatest + i, of_cells);
  }
  return greatest_avx512(most);
}

VK_AVX512_TARGET static uint64_t live_blocks_avx512(const uint16_t cells[superblock_cells],
                                                    const uint16_t *greatest,
                                                    uint16_t threshold) {
  __m512i thresholds = _mm512_set1_epi16((short)threshold);
  uint64_t live = 0;
  for (size_t i = 0; i < superblock_cells; i += 32) {
    __m512i most = _mm512_loadu_si512(cells + i);
    if (greatest != NULL) most = _mm512_add_epi16(most, _mm512_loadu_si512(greatest + i));
    uint32_t reaching = _mm512_cmpge_epu16_mask(most, thresholds);
    // A bit a byte that is not zero.
    uint64_t without = (uint64_t)_mm_movemask_epi8(
        _mm_cmpeq_epi8(_mm_cvtsi32_si128((int)reaching), _mm_setzero_si128()));
    live |= (~without & 15) << (i / VK_SPARSE_BLOCK_CELLS);
  }
  return live;
}

VK_AVX512_TARGET static bool is_live_avx512(const uint16_t *cells, const uint16_t *sums,
                                            uint16_t threshold) {
  __m512i halves = greater_halves(_mm512_loadu_si512(sums), _mm512_loadu_si512(sums + 32));
  __m512i quarters = greater_quarters(halves, halves);
  quarters = _mm512_max_epu16(quarters, _mm512_srli_epi32(quarters, 16));
  // Cell l of the first register and of the second are the first words of lane l.
  __m512i order = _mm512_castsi128_si512(_mm_setr_epi16(0, 8, 16, 24, 2, 10, 18, 26));
  __m128i greatest = _mm512_castsi512_si128(_mm512_permutexvar_epi16(order, quarters));
  __m128i most = _mm_adds_epu16(greatest, _mm_loadu_si128((const __m128i *)cells));
  return _mm_cmpge_epu16_mask(most, _mm_set1_epi16((short)threshold)) != 0;
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
    __m512i packed = _mm512_loadu_si512(weights);
    // To expand from memory takes many times as long.
    __asm__("" : "+v"(packed));
    __m512i bytes = _mm512_maskz_expand_epi8(terms[t].masks[block], packed);
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

static const scan_parts avx512_parts = {sum_maxima_avx512, find_greatest_avx512,
                                        live_blocks_avx512, is_live_avx512, sum_block_avx512};

VK_AVX512_TARGET static size_t scan_avx512(const vk_sparse_terms *terms, size_t superblock,
                                           size_t block_count, uint16_t threshold,
                                           uint16_t *sums, uint16_t *rows, uint16_t *bounds) {
  return scan_with(avx512_parts, terms, superblock, block_count, threshold, sums, rows, bounds);
}

VK_AVX512_TARGET static size_t scan_segment_avx512(const vk_sparse_terms *terms,
                                                   size_t block_count, uint16_t threshold,
                                                   uint16_t *sums, const uint16_t *greatest,
                                                   uint16_t *rows, uint16_t *bounds) {
  return scan_segment_with(avx512_parts, terms, block_count, threshold, sums, greatest, rows,
                           bounds);
}

VK_AVX512_TARGET static size_t find_above_avx512(const uint16_t *numbers, uint16_t floor,
                                                 uint16_t *places) {
  __m512i floors = _mm512_set1_epi16((short)floor);
  size_t found = 0;
  for (size_t i = 0; i < superblock_cells; i += 32) {
    uint32_t above = _mm512_cmpgt_epu16_mask(_mm512_loadu_si512(numbers + i), floors);
    for (; above != 0; above &= above - 1) {
      places[found++] = (uint16_t)(i + (size_t)__builtin_ctz(above));
    }
  }
  return found;
}

#endif

static size_t find_above_plain(const uint16_t *numbers, uint16_t floor, uint16_t *places) {
  size_t found = 0;
  for (size_t i = 0; i < superblock_cells; i++) {
    places[found] = (uint16_t)i;
    found += numbers[i] > floor;
  }
  return found;
}

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
  return scan_with(plain_parts, terms, superblock, block_count, (uint16_t)threshold, sums, rows,
                   bounds);
}

size_t vk_scan_sparse_segment(vk_variant variant, const vk_sparse_terms *terms,
                              size_t block_count, uint32_t threshold, uint16_t *sums,
                              const uint16_t *greatest, uint16_t *rows, uint16_t *bounds) {
  if (threshold > UINT16_MAX) return 0;
#if defined(__x86_64__)
  if (variant == VK_AVX512 && has_expansion()) {
    return scan_segment_avx512(terms, block_count, (uint16_t)threshold, sums, greatest, rows,
                               bounds);
  }
#else
  (void)variant;
#endif
  return scan_segment_with(plain_parts, terms, block_count, (uint16_t)threshold, sums, greatest,
                           rows, bounds);
}

uint16_t vk_sum_sparse_lists(vk_variant variant, const vk_sparse_terms *terms,
                             size_t superblock, uint16_t *sums, uint16_t *greatest) {
#if defined(__x86_64__)
  if (variant == VK_AVX512 && has_expansion()) {
    return sum_lists_with(avx512_parts, terms, superblock, sums, greatest);
  }
#else
  (void)variant;
#endif
  return sum_lists_with(plain_parts, terms, superblock, sums, greatest);
}

size_t vk_find_sparse_cells(vk_variant variant, const uint16_t *greatest, uint16_t floor,
                            uint16_t *cells) {
#if defined(__x86_64__)
  if (variant == VK_AVX512 && has_expansion()) return find_above_avx512(greatest, floor, cells);
#else
  (void)variant;
#endif
  return find_above_plain(greatest, floor, cells);
}
