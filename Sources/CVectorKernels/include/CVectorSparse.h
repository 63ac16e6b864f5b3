// Kernels for sparse vectors: upper bounds of the scores of rows, and exact scores.
//
// Rows are looked at in superblocks of 64 blocks of 64 rows. Weights are bytes, rounded up: 255
// stands for the greatest weight of a term. A bound is a sum of (weight × factor) >> 8 in 16 bits;
// the caller chooses factors whose sum fits. All of the sums are integers, so every CPU gives the
// same.
#ifndef QUIVER_CVECTORSPARSE_H
#define QUIVER_CVECTORSPARSE_H

#include "CVectorKernels.h"

#pragma clang assume_nonnull begin

enum {
  /// Rows of a block.
  VK_SPARSE_BLOCK_ROWS = 64,
  /// Blocks of a superblock.
  VK_SPARSE_BLOCKS = 64,
  /// Cells of a block, of eight rows each: what can be told apart by the greatest weights.
  VK_SPARSE_BLOCK_CELLS = 8,
  /// Rows of a superblock.
  VK_SPARSE_ROWS = 4096,
  /// Cells of a superblock.
  VK_SPARSE_CELLS = 512,
  /// Superblocks that lists tell apart.
  VK_SPARSE_SUPERBLOCKS = 16
};

/// A term that many rows hold: a bit for every row, by blocks.
typedef struct vk_sparse_bits {
  /// For every block, which of its rows hold the term.
  const uint64_t *masks;
  /// For every block, where in `weights` those of its rows begin.
  const uint16_t *starts;
  /// For every cell, the greatest of its weights; readable to the end of the superblock.
  const uint8_t *maxima;
  /// The weights of the rows that hold the term, in their order; 64 more bytes can be read.
  const uint8_t *weights;
  uint16_t factor;
} vk_sparse_bits;

/// A term that few rows hold: a list of them.
typedef struct vk_sparse_list {
  /// Rows of the segment, ascending.
  const uint16_t *rows;
  const uint8_t *weights;
  size_t count;
  /// For every superblock, the position of its first row, and the end.
  const uint16_t *starts;
  uint16_t factor;
} vk_sparse_list;

/// What a query finds in a segment. Lists come by falling factor.
typedef struct vk_sparse_terms {
  const vk_sparse_bits *_Nullable bits;
  size_t bit_count;
  const vk_sparse_list *_Nullable lists;
  size_t list_count;
} vk_sparse_terms;

/// Finds the rows of a superblock, which has `block_count` blocks, whose bounds are at least
/// `threshold`, which is at least 1. Blocks that cannot hold one are not looked into.
///
/// `sums` is scratch of VK_SPARSE_ROWS. Rows and their bounds are written to `rows` and `bounds`,
/// ascending by row, with room for VK_SPARSE_ROWS.
///
/// - Returns: how many were found.
size_t vk_scan_sparse(vk_variant variant, const vk_sparse_terms *terms, size_t superblock,
                      size_t block_count, uint32_t threshold, uint16_t *sums, uint16_t *rows,
                      uint16_t *bounds);

/// The same for a whole segment, which has `block_count` blocks, after the lists of all of its
/// superblocks were summed: `sums` and `greatest` are what `vk_sum_sparse_lists` left, one
/// superblock after the other. There is room for a row and a bound for each row of the segment.
size_t vk_scan_sparse_segment(vk_variant variant, const vk_sparse_terms *terms,
                              size_t block_count, uint32_t threshold, uint16_t *sums,
                              const uint16_t *greatest, uint16_t *rows, uint16_t *bounds);

/// Sums what the rows of a superblock, VK_SPARSE_ROWS of them, have of the lists alone, and finds
/// the greatest sums of their cells, VK_SPARSE_CELLS.
///
/// - Returns: the greatest sum.
uint16_t vk_sum_sparse_lists(vk_variant variant, const vk_sparse_terms *terms, size_t superblock,
                             uint16_t *sums, uint16_t *greatest);

/// Finds which of the VK_SPARSE_CELLS cells of a superblock have a greatest sum above `floor`.
/// There is room for all of them in `cells`.
///
/// - Returns: how many were found.
size_t vk_find_sparse_cells(vk_variant variant, const uint16_t *greatest, uint16_t floor,
                            uint16_t *cells);

/// A query as a table without collisions: index i is in the place (i × multiplier) >> shift, if
/// anywhere.
typedef struct vk_sparse_table {
  const uint32_t *keys;
  const float *weights;
  /// 1 for places that hold an index of the query.
  const uint8_t *used;
  uint32_t multiplier;
  uint32_t shift;
} vk_sparse_table;

/// An inner product, and in how many indices the vectors met.
typedef struct vk_sparse_score {
  float sum;
  uint32_t common;
} vk_sparse_score;

/// How the weights of a row are kept.
typedef enum vk_sparse_form {
  /// A float each.
  VK_SPARSE_FLOATS,
  /// The different ones, as floats, and for each element which of them it has.
  VK_SPARSE_DIFFERENT,
  /// An IEEE binary16 each.
  VK_SPARSE_HALVES,
  /// Two floats, the least and a step; for each element so many steps above the least.
  VK_SPARSE_STEPS
} vk_sparse_form;

/// A row: its indices, ascending, and their weights.
typedef struct vk_sparse_row {
  const uint32_t *indices;
  const void *weights;
  /// A byte an element, of forms that have them.
  const uint8_t *_Nullable codes;
  size_t count;
  vk_sparse_form form;
} vk_sparse_row;

/// The weight of the element in this place: the same bits on every CPU.
static inline float vk_sparse_weight(const vk_sparse_row *row, size_t element) {
  const float *floats = (const float *)row->weights;
  switch (row->form) {
    case VK_SPARSE_FLOATS: return floats[element];
    case VK_SPARSE_DIFFERENT: return floats[row->codes[element]];
    case VK_SPARSE_HALVES: return (float)((const _Float16 *)row->weights)[element];
    // A product of so few bits is exact, so that there is one rounding, fused or not.
    case VK_SPARSE_STEPS:
      return (float)((double)floats[0] + (double)floats[1] * (double)row->codes[element]);
  }
  return 0;
}

/// Σ of the products of weights of common indices, in float and in the order of the row, which is
/// ascending: the same bits on every CPU.
vk_sparse_score vk_score_sparse(vk_variant variant, const vk_sparse_table *table,
                                const vk_sparse_row *row);

/// The same, of a query that has no table: `query_count` ascending indices and their weights.
vk_sparse_score vk_merge_sparse(const uint32_t *query_indices, const float *query_weights,
                                size_t query_count, const vk_sparse_row *row);

/// How many bits are set in both of two runs of `count` words.
size_t vk_count_common(const uint64_t *a, const uint64_t *b, size_t count);

#pragma clang assume_nonnull end

#endif
