#include <string.h>

#include "CVectorKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#pragma clang fp contract(off)

// Every set has one function that sums the table entries of sixteen codes; the sums are exact
// integers. What follows from them is computed in one order everywhere.

typedef void (*vk_sum_function)(const uint8_t *block, size_t dimension, const uint8_t *table,
                                int32_t sums[_Nonnull VK_BLOCK_ENTRIES]);

static void sum_scalar(const uint8_t *block, size_t dimension, const uint8_t *table,
                       int32_t *sums) {
  for (size_t entry = 0; entry < VK_BLOCK_ENTRIES; entry++) {
    int32_t sum = 0;
    for (size_t line = 0; line < dimension / 32; line++) {
      for (size_t w = 0; w < 4; w++) {
        uint8_t code = block[64 * line + 4 * entry + w];
        sum += table[16 * (8 * line + w) + (code & 15)];
        sum += table[16 * (8 * line + 4 + w) + (code >> 4)];
      }
    }
    sums[entry] = sum;
  }
}

// The entries of a block whose rows have their bits set, the first entry's bit lowest.
static unsigned allowed_entries(const uint32_t *rows, const vk_row_bits *bits) {
  unsigned mask = 0;
  for (size_t entry = 0; entry < VK_BLOCK_ENTRIES; entry++) {
    uint32_t row = rows[entry];
    if (row < bits->row_count) {
      mask |= (unsigned)(bits->words[row >> 6] >> (row & 63) & 1) << entry;
    }
  }
  return mask;
}

static size_t scan_with(vk_sum_function sum, const uint8_t *blocks, size_t block_count,
                        const vk_code_scan *scan, const vk_row_bits *bits, uint32_t *position,
                        float *estimate, float *lower, size_t *allowed) {
  size_t found = 0;
  size_t bytes = vk_block_bytes(scan->dimension);
  for (size_t i = 0; i < block_count; i++) {
    const uint8_t *block = blocks + i * bytes;
    unsigned mask = 0xFFFF;
    if (bits != NULL) {
      mask = allowed_entries(scan->rows + i * VK_BLOCK_ENTRIES, bits);
      if (mask == 0) {
        continue;
      }
      *allowed += (size_t)__builtin_popcount(mask);
    }
    __builtin_prefetch(block + 2 * bytes, 0, 3);
    const float *terms = (const float *)(const void *)(block + 2 * scan->dimension);
    int32_t sums[VK_BLOCK_ENTRIES];
    sum(block, scan->dimension, scan->table, sums);
    size_t before = found;
    for (size_t entry = 0; entry < VK_BLOCK_ENTRIES; entry++) {
      float b = terms[VK_BLOCK_ENTRIES + entry];
      float product = (float)sums[entry] * scan->scale.delta + scan->scale.shift;
      float distance = (terms[entry] + scan->offset) + b * product;
      float low = distance - scan->reach * __builtin_fabsf(b);
      position[found] = (uint32_t)(i * VK_BLOCK_ENTRIES + entry);
      estimate[found] = distance;
      lower[found] = low;
      found += low < scan->threshold && (mask >> entry & 1) != 0;
    }
    if (found > before && scan->rows != NULL) {
      __builtin_prefetch(scan->rows + i * VK_BLOCK_ENTRIES, 0, 3);
    }
  }
  return found;
}

static void estimate_with(vk_sum_function sum, const uint8_t *blocks, size_t block_count,
                          const vk_code_scan *scan, float *estimate) {
  size_t bytes = vk_block_bytes(scan->dimension);
  for (size_t i = 0; i < block_count; i++) {
    const uint8_t *block = blocks + i * bytes;
    const float *terms = (const float *)(const void *)(block + 2 * scan->dimension);
    int32_t sums[VK_BLOCK_ENTRIES];
    sum(block, scan->dimension, scan->table, sums);
    for (size_t entry = 0; entry < VK_BLOCK_ENTRIES; entry++) {
      float product = (float)sums[entry] * scan->scale.delta + scan->scale.shift;
      estimate[i * VK_BLOCK_ENTRIES + entry] =
          (terms[entry] + scan->offset) + terms[VK_BLOCK_ENTRIES + entry] * product;
    }
  }
}

#if defined(__x86_64__)

#define VK_AVX2_TARGET __attribute__((target("avx2")))
#define VK_VBMI_TARGET                                                                   \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni,avx2"), \
                 min_vector_width(512)))

// The four bytes of a lane belong to four groups: each group's table is looked up for all bytes,
// and the high bit of an index, which gives zero, is set in the bytes of other groups.
VK_AVX2_TARGET static inline __m256i look_up_avx2(__m256i nibbles, const uint8_t *table) {
  __m256i result = _mm256_setzero_si256();
  for (int w = 0; w < 4; w++) {
    __m256i sums =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(table + 16 * w)));
    __m256i elsewhere = _mm256_set1_epi32((int)(0x80808080u & ~(0xFFu << (8 * w))));
    result = _mm256_or_si256(
        result, _mm256_shuffle_epi8(sums, _mm256_or_si256(nibbles, elsewhere)));
  }
  return result;
}

VK_AVX2_TARGET static void sum_avx2(const uint8_t *block, size_t dimension, const uint8_t *table,
                                    int32_t *sums) {
  const __m256i low_bits = _mm256_set1_epi8(15);
  const __m256i ones8 = _mm256_set1_epi8(1);
  const __m256i ones16 = _mm256_set1_epi16(1);
  __m256i total[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
  for (size_t line = 0; line < dimension / 32; line++) {
    for (size_t half = 0; half < 2; half++) {
      __m256i code =
          _mm256_loadu_si256((const __m256i *)(const void *)(block + 64 * line + 32 * half));
      __m256i low = look_up_avx2(_mm256_and_si256(code, low_bits), table + 128 * line);
      __m256i high = look_up_avx2(_mm256_and_si256(_mm256_srli_epi16(code, 4), low_bits),
                                  table + 128 * line + 64);
      __m256i pairs =
          _mm256_add_epi16(_mm256_maddubs_epi16(low, ones8), _mm256_maddubs_epi16(high, ones8));
      total[half] = _mm256_add_epi32(total[half], _mm256_madd_epi16(pairs, ones16));
    }
  }
  _mm256_storeu_si256((__m256i *)(void *)sums, total[0]);
  _mm256_storeu_si256((__m256i *)(void *)(sums + 8), total[1]);
}

VK_VBMI_TARGET static inline __m512i sum_vbmi(const uint8_t *block, size_t dimension,
                                              const uint8_t *table) {
  const __m512i low_bits = _mm512_set1_epi8(15);
  // Byte w of a lane looks into the w-th of four tables of 16.
  const __m512i group = _mm512_set1_epi32(0x30201000);
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i low_sum = _mm512_setzero_si512();
  __m512i high_sum = _mm512_setzero_si512();
  for (size_t line = 0; line < dimension / 32; line++) {
    __m512i code = _mm512_loadu_si512(block + 64 * line);
    __m512i low_table = _mm512_loadu_si512(table + 128 * line);
    __m512i high_table = _mm512_loadu_si512(table + 128 * line + 64);
    // (a & b) | c
    __m512i low = _mm512_ternarylogic_epi32(code, low_bits, group, 0xEA);
    __m512i high =
        _mm512_ternarylogic_epi32(_mm512_srli_epi16(code, 4), low_bits, group, 0xEA);
    low_sum = _mm512_dpbusd_epi32(low_sum, _mm512_permutexvar_epi8(low, low_table), ones);
    high_sum = _mm512_dpbusd_epi32(high_sum, _mm512_permutexvar_epi8(high, high_table), ones);
  }
  return _mm512_add_epi32(low_sum, high_sum);
}

VK_VBMI_TARGET static inline __m512 distance_vbmi(__m512i sums, __m512 a, __m512 b,
                                                  const vk_code_scan *scan) {
  __m512 product =
      _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums), _mm512_set1_ps(scan->scale.delta)),
                    _mm512_set1_ps(scan->scale.shift));
  return _mm512_add_ps(_mm512_add_ps(a, _mm512_set1_ps(scan->offset)), _mm512_mul_ps(b, product));
}

// The words are read as halves, which lie in order on this CPU.
VK_VBMI_TARGET static inline __mmask16 allowed_vbmi(const uint32_t *rows,
                                                    const vk_row_bits *bits) {
  __m512i row = _mm512_loadu_si512(rows);
  __mmask16 known = _mm512_cmplt_epu32_mask(row, _mm512_set1_epi32((int)bits->row_count));
  __m512i half = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), known,
                                             _mm512_srli_epi32(row, 5), bits->words, 4);
  __m512i bit = _mm512_sllv_epi32(_mm512_set1_epi32(1),
                                  _mm512_and_si512(row, _mm512_set1_epi32(31)));
  return _mm512_test_epi32_mask(half, bit);
}

// Lists come from memory as often as from a cache. Asked for so many blocks ahead, and into the
// second cache, they arrive twice as fast as two blocks ahead into the first.
enum { blocks_ahead = 4 };

static inline void prefetch_block(const uint8_t *block, size_t bytes) {
  for (size_t line = 0; line < bytes; line += 64) {
    __builtin_prefetch(block + line, 0, 2);
  }
}

// `bits` is NULL, for all entries, or not, known where this is made part of a caller.
VK_VBMI_TARGET static inline __attribute__((always_inline)) size_t
scan_vbmi(const uint8_t *blocks, size_t block_count, const vk_code_scan *scan,
          const vk_row_bits *bits, uint32_t *position, float *estimate, float *lower,
          size_t *allowed) {
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512 threshold = _mm512_set1_ps(scan->threshold);
  const __m512 reach = _mm512_set1_ps(scan->reach);
  size_t dimension = scan->dimension;
  size_t bytes = vk_block_bytes(dimension);
  size_t found = 0;
  // The entries that are allowed of the next blocks.
  __mmask16 next[blocks_ahead] = {0};
  if (bits != NULL) {
    for (size_t i = 0; i < blocks_ahead && i < block_count; i++) {
      next[i] = allowed_vbmi(scan->rows + i * VK_BLOCK_ENTRIES, bits);
      if (next[i] != 0) {
        prefetch_block(blocks + i * bytes, bytes);
      }
    }
  }
  for (size_t i = 0; i < block_count; i++) {
    const uint8_t *block = blocks + i * bytes;
    __mmask16 mask = 0xFFFF;
    if (bits == NULL) {
      // Past the end of the run this asks for what lies behind it, which does no harm.
      prefetch_block(block + blocks_ahead * bytes, bytes);
    } else {
      mask = next[i % blocks_ahead];
      if (i + blocks_ahead < block_count) {
        next[i % blocks_ahead] =
            allowed_vbmi(scan->rows + (i + blocks_ahead) * VK_BLOCK_ENTRIES, bits);
        if (next[i % blocks_ahead] != 0) {
          prefetch_block(block + blocks_ahead * bytes, bytes);
        }
      }
      if (mask == 0) {
        continue;
      }
      *allowed += (size_t)__builtin_popcount(mask);
    }
    __m512 a = _mm512_loadu_ps(block + 2 * dimension);
    __m512 b = _mm512_loadu_ps(block + 2 * dimension + 64);
    __m512 distance = distance_vbmi(sum_vbmi(block, dimension, scan->table), a, b, scan);
    __m512 low = _mm512_sub_ps(distance, _mm512_mul_ps(reach, _mm512_abs_ps(b)));
    __mmask16 through = _mm512_mask_cmp_ps_mask(mask, low, threshold, _CMP_LT_OQ);
    if (through == 0) {
      continue;
    }
    if (scan->rows != NULL) {
      __builtin_prefetch(scan->rows + i * VK_BLOCK_ENTRIES, 0, 3);
    }
    __m512i index = _mm512_add_epi32(lane, _mm512_set1_epi32((int)(i * VK_BLOCK_ENTRIES)));
    _mm512_storeu_si512(position + found, _mm512_maskz_compress_epi32(through, index));
    _mm512_storeu_ps(estimate + found, _mm512_maskz_compress_ps(through, distance));
    _mm512_storeu_ps(lower + found, _mm512_maskz_compress_ps(through, low));
    found += (size_t)__builtin_popcount(through);
  }
  return found;
}

VK_VBMI_TARGET static size_t scan_all_vbmi(const uint8_t *blocks, size_t block_count,
                                           const vk_code_scan *scan, uint32_t *position,
                                           float *estimate, float *lower) {
  return scan_vbmi(blocks, block_count, scan, NULL, position, estimate, lower, NULL);
}

VK_VBMI_TARGET static size_t scan_allowed_vbmi(const uint8_t *blocks, size_t block_count,
                                               const vk_code_scan *scan, const vk_row_bits *bits,
                                               uint32_t *position, float *estimate, float *lower,
                                               size_t *allowed) {
  return scan_vbmi(blocks, block_count, scan, bits, position, estimate, lower, allowed);
}

VK_VBMI_TARGET static void estimate_vbmi(const uint8_t *blocks, size_t block_count,
                                         const vk_code_scan *scan, float *estimate) {
  size_t dimension = scan->dimension;
  size_t bytes = vk_block_bytes(dimension);
  for (size_t i = 0; i < block_count; i++) {
    const uint8_t *block = blocks + i * bytes;
    __m512 a = _mm512_loadu_ps(block + 2 * dimension);
    __m512 b = _mm512_loadu_ps(block + 2 * dimension + 64);
    _mm512_storeu_ps(estimate + i * VK_BLOCK_ENTRIES,
                     distance_vbmi(sum_vbmi(block, dimension, scan->table), a, b, scan));
  }
}

static bool has_vbmi(void) {
  return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
}

#endif

#if defined(__aarch64__)

static void sum_neon(const uint8_t *block, size_t dimension, const uint8_t *table,
                     int32_t *sums) {
  const uint8x16_t low_bits = vdupq_n_u8(15);
  const uint8x16_t group = vreinterpretq_u8_u32(vdupq_n_u32(0x30201000));
  uint32x4_t total[4] = {vdupq_n_u32(0), vdupq_n_u32(0), vdupq_n_u32(0), vdupq_n_u32(0)};
  for (size_t line = 0; line < dimension / 32; line++) {
    uint8x16x4_t low_table = vld1q_u8_x4(table + 128 * line);
    uint8x16x4_t high_table = vld1q_u8_x4(table + 128 * line + 64);
    for (size_t part = 0; part < 4; part++) {
      uint8x16_t code = vld1q_u8(block + 64 * line + 16 * part);
      uint8x16_t low = vqtbl4q_u8(low_table, vorrq_u8(vandq_u8(code, low_bits), group));
      uint8x16_t high = vqtbl4q_u8(high_table, vorrq_u8(vshrq_n_u8(code, 4), group));
      uint16x8_t pairs = vpadalq_u8(vpaddlq_u8(low), high);
      total[part] = vpadalq_u16(total[part], pairs);
    }
  }
  for (size_t part = 0; part < 4; part++) {
    vst1q_s32(sums + 4 * part, vreinterpretq_s32_u32(total[part]));
  }
}

#endif

static vk_sum_function sum_function(vk_variant variant) {
#if defined(__x86_64__)
  if (variant == VK_AVX2 || variant == VK_AVX512) {
    return sum_avx2;
  }
#endif
#if defined(__aarch64__)
  if (variant == VK_NEON) {
    return sum_neon;
  }
#endif
  (void)variant;
  return sum_scalar;
}

size_t vk_scan_codes(vk_variant variant, const uint8_t *blocks, size_t block_count,
                     const vk_code_scan *scan, uint32_t *position, float *estimate,
                     float *lower) {
#if defined(__x86_64__)
  if (variant == VK_AVX512 && has_vbmi()) {
    return scan_all_vbmi(blocks, block_count, scan, position, estimate, lower);
  }
#endif
  return scan_with(sum_function(variant), blocks, block_count, scan, NULL, position, estimate,
                   lower, NULL);
}

size_t vk_scan_allowed_codes(vk_variant variant, const uint8_t *blocks, size_t block_count,
                             const vk_code_scan *scan, const vk_row_bits *bits,
                             uint32_t *position, float *estimate, float *lower, size_t *allowed) {
#if defined(__x86_64__)
  if (variant == VK_AVX512 && has_vbmi()) {
    return scan_allowed_vbmi(blocks, block_count, scan, bits, position, estimate, lower, allowed);
  }
#endif
  return scan_with(sum_function(variant), blocks, block_count, scan, bits, position, estimate,
                   lower, allowed);
}

void vk_estimate_codes(vk_variant variant, const uint8_t *blocks, size_t block_count,
                       const vk_code_scan *scan, float *estimate) {
#if defined(__x86_64__)
  if (variant == VK_AVX512 && has_vbmi()) {
    estimate_vbmi(blocks, block_count, scan, estimate);
    return;
  }
#endif
  estimate_with(sum_function(variant), blocks, block_count, scan, estimate);
}
