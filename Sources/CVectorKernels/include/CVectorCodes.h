// Kernels for 1-bit codes of vectors: rotation, lookup tables, encoding, and the scan of blocks.
//
// A code dimension D is a multiple of 32, at least 64. A block holds 16 entries: D/32 lines of 64
// bytes, then 16 floats A, then 16 floats B. Byte 4·l + w of line z belongs to entry l: its low
// nibble holds the bits of the dimensions 4·(8z + w) and following, its high nibble those of
// 4·(8z + 4 + w) and following; a bit tells that the rotated residual is not negative there.
//
// All of them give the same bits on every CPU.
#ifndef QUIVER_CVECTORCODES_H
#define QUIVER_CVECTORCODES_H

#include "CVectorKernels.h"

#pragma clang assume_nonnull begin

enum {
  /// Entries of a block.
  VK_BLOCK_ENTRIES = 16,
  /// Rounds of a rotation.
  VK_ROTATION_ROUNDS = 4
};

/// Bytes of a block of entries of `dimension` bits.
static inline size_t vk_block_bytes(size_t dimension) {
  return 2 * dimension + 2 * VK_BLOCK_ENTRIES * sizeof(float);
}

/// Pads `vector` (`size` floats) with zeros to `dimension` floats and rotates it into `out`.
///
/// Each round flips signs, applies a normalised Hadamard transform to the greatest power of two of
/// elements that fits, from the front and from the back in turn, and mixes the two halves.
/// `signs` holds VK_ROTATION_ROUNDS × `dimension` floats, each 1 or −1.
void vk_rotate(const float *signs, const float *vector, size_t size, size_t dimension, float *out);

/// How the integers of a lookup table relate to inner products.
typedef struct vk_table_scale {
  /// One step.
  float delta;
  /// What is added to `delta` × the sum of entries to get ⟨b, y⟩ − Σy/2.
  float shift;
} vk_table_scale;

/// Fills `table` (4 × `dimension` bytes, 16 for every four dimensions) with the sums of every
/// subset of four components of `rotated`, less the smallest, in steps of `delta`.
vk_table_scale vk_build_table(const float *rotated, size_t dimension, uint8_t *table);

/// What a scan of blocks needs to know of a query and a list. Lower distances are nearer.
typedef struct vk_code_scan {
  const uint8_t *table;
  size_t dimension;
  vk_table_scale scale;
  /// Added to every estimate: the share of the list's centroid.
  float offset;
  /// The lower bound is the estimate less this × |B|.
  float reach;
  /// Entries whose lower bound is below this get through.
  float threshold;
  /// 16 row offsets for each block, of which those of entries that get through are prefetched; NULL
  /// if nobody will ask for them.
  const uint32_t *_Nullable rows;
} vk_code_scan;

/// Estimates the distances of `block_count` × 16 entries: A + offset + B·(⟨b, y⟩ − Σy/2).
///
/// Writes position, estimate and lower bound of those that get through, in ascending order. The
/// three arrays have room for (`block_count` + 1) × 16: whole vectors may be written past what is
/// returned.
///
/// - Returns: how many got through.
size_t vk_scan_codes(vk_variant variant, const uint8_t *blocks, size_t block_count,
                     const vk_code_scan *scan, uint32_t *position, float *estimate, float *lower);

/// Rows, as a bit each, 64 a word from the lowest on; none at and above `row_count`.
typedef struct vk_row_bits {
  const uint64_t *words;
  uint32_t row_count;
} vk_row_bits;

/// As ``vk_scan_codes``, for entries only whose row of `scan->rows`, which is not NULL, is among
/// `bits`. Blocks without such an entry are passed over.
///
/// Adds to `allowed` how many such entries there are, near or not.
size_t vk_scan_allowed_codes(vk_variant variant, const uint8_t *blocks, size_t block_count,
                             const vk_code_scan *scan, const vk_row_bits *bits,
                             uint32_t *position, float *estimate, float *lower, size_t *allowed);

/// Estimates the distances of all `block_count` × 16 entries. `reach` and `threshold` are not used.
void vk_estimate_codes(vk_variant variant, const uint8_t *blocks, size_t block_count,
                       const vk_code_scan *scan, float *estimate);

/// Writes entry `index` (0…15) of a block: the code of `rotated` − `centroid` (`dimension` floats
/// each), and the terms A and B for squared Euclidean distances (VK_SQUARED_L2) or negated inner
/// products (VK_DOT).
void vk_encode(vk_metric metric, const float *rotated, const float *centroid, size_t dimension,
               uint8_t *block, size_t index);

/// Makes all entries of a block unreachable: A = 1e30, everything else zero.
void vk_clear_block(uint8_t *block, size_t dimension);

/// Asks for the first `bytes` bytes at `address` to be brought into the cache.
void vk_prefetch(const void *_Nullable address, size_t bytes);

#pragma clang assume_nonnull end

#endif
