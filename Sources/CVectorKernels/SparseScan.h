// What a scan of sparse rows does on every CPU; its parts differ.
#ifndef QUIVER_SPARSESCAN_H
#define QUIVER_SPARSESCAN_H

#include <string.h>

#include "CVectorKernels.h"

static inline uint16_t share(uint8_t weight, uint16_t factor) {
  return (uint16_t)(((uint32_t)weight * factor) >> 8);
}

enum {
  cell_rows = VK_SPARSE_BLOCK_ROWS / VK_SPARSE_BLOCK_CELLS,
  superblock_cells = VK_SPARSE_CELLS,
};

typedef struct scan_parts {
  /// What rows of the cells of a superblock can have from `terms`, at most, and the greatest of it.
  uint16_t (*sum_maxima)(const vk_sparse_bits *terms, size_t count, size_t first_block,
                     uint16_t cells[superblock_cells]);
  /// The greatest sums of the rows of each cell of a superblock, and the greatest of all.
  uint16_t (*find_greatest)(const uint16_t sums[VK_SPARSE_ROWS], uint16_t greatest[superblock_cells]);
  /// Which blocks have a cell that can come to `threshold`; `greatest` may be NULL for nothing.
  uint64_t (*live_blocks)(const uint16_t cells[superblock_cells], const uint16_t *greatest,
                          uint16_t threshold);
  /// The same for one block, given the sums of its rows.
  bool (*is_live)(const uint16_t *cells, const uint16_t *sums, uint16_t threshold);
  /// Adds `terms` to the sums of a block; tells which of its rows come to `threshold`. Sums need
  /// not be written if there is none.
  uint64_t (*sum_block)(const vk_sparse_bits *terms, size_t count, size_t block,
                        uint16_t threshold, uint16_t *sums);
} scan_parts;

/// Adds the rows of a list that lie in a superblock.
static void scatter(const vk_sparse_list *list, size_t superblock, uint16_t *restrict sums) {
  size_t count = (size_t)(list->starts[superblock + 1] - list->starts[superblock]);
  const uint16_t *restrict rows = list->rows + list->starts[superblock];
  const uint8_t *restrict weights = list->weights + list->starts[superblock];
  const uint16_t factor = list->factor;
  for (size_t i = 0; i < count; i++) {
    sums[rows[i] & (VK_SPARSE_ROWS - 1)] += share(weights[i], factor);
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
static size_t count_leading(const vk_sparse_terms *terms, uint32_t highest, uint32_t threshold,
                            uint32_t *most) {
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

/// Adds the lists, but those of the smallest weights if these can be left out for now.
///
/// - Returns: which blocks can still hold a row that comes to `threshold`; `added` lists are in
///   `sums`.
static inline __attribute__((always_inline)) uint64_t add_lists(
    scan_parts parts, const vk_sparse_terms *terms, size_t superblock, size_t block_count,
    const uint16_t cells[superblock_cells], uint16_t highest, uint16_t threshold, uint16_t *sums,
    size_t *added) {
  uint32_t rest;
  size_t leading = count_leading(terms, highest, threshold, &rest);
  for (size_t i = 0; i < leading; i++) {
    __builtin_prefetch(terms->lists[i].rows + terms->lists[i].starts[superblock], 0, 3);
    __builtin_prefetch(terms->lists[i].weights + terms->lists[i].starts[superblock], 0, 3);
  }
  memset(sums, 0, VK_SPARSE_ROWS * sizeof(uint16_t));
  for (size_t i = 0; i < leading; i++) {
    scatter(terms->lists + i, superblock, sums);
  }
  uint16_t greatest[superblock_cells];
  if (leading > 0) parts.find_greatest(sums, greatest);
  uint16_t least = (uint16_t)(threshold > rest ? threshold - rest : 0);
  uint64_t live = parts.live_blocks(cells, leading > 0 ? greatest : NULL, least);
  if (block_count < VK_SPARSE_BLOCKS) live &= ((uint64_t)1 << block_count) - 1;
  *added = leading;
  if (__builtin_popcountll(live) <= few_blocks) return live;
  for (size_t i = leading; i < terms->list_count; i++) {
    scatter(terms->lists + i, superblock, sums);
  }
  *added = terms->list_count;
  if (leading == terms->list_count) return live;
  parts.find_greatest(sums, greatest);
  return live & parts.live_blocks(cells, greatest, threshold);
}

/// Has the maxima of a superblock, which may be beyond the last, brought into the cache.
static void fetch_maxima(const vk_sparse_terms *terms, size_t first_block) {
  for (size_t t = 0; t < terms->bit_count; t++) {
    const uint8_t *maxima = terms->bits[t].maxima + first_block * VK_SPARSE_BLOCK_CELLS;
    for (size_t i = 0; i < superblock_cells; i += 64) __builtin_prefetch(maxima + i, 0, 3);
  }
}

/// Has brought into the cache which rows of a block hold the terms.
static void fetch_masks(const vk_sparse_terms *terms, size_t block) {
  for (size_t t = 0; t < terms->bit_count; t++) {
    __builtin_prefetch(terms->bits[t].masks + block, 0, 3);
    __builtin_prefetch(terms->bits[t].starts + block, 0, 3);
  }
}

/// And their weights: they are read 64 at a time, from anywhere in a line of the cache.
static void fetch_weights(const vk_sparse_terms *terms, size_t block) {
  for (size_t t = 0; t < terms->bit_count; t++) {
    const uint8_t *weights = terms->bits[t].weights + terms->bits[t].starts[block];
    __builtin_prefetch(weights, 0, 3);
    __builtin_prefetch(weights + 63, 0, 3);
  }
}

// Blocks are few and far between, and what is read of them in no cache: it is asked for ahead.
enum { masks_ahead = 12, weights_ahead = 6 };

static void fetch_first(const vk_sparse_terms *terms, const uint16_t *blocks, size_t count) {
  for (size_t i = 0; i < count && i < masks_ahead; i++) fetch_masks(terms, blocks[i]);
  for (size_t i = 0; i < count && i < weights_ahead; i++) fetch_weights(terms, blocks[i]);
}

static void fetch_after(const vk_sparse_terms *terms, const uint16_t *blocks, size_t count,
                        size_t b) {
  if (b + masks_ahead < count) fetch_masks(terms, blocks[b + masks_ahead]);
  if (b + weights_ahead < count) fetch_weights(terms, blocks[b + weights_ahead]);
}

/// Appends the blocks of a superblock that `live` has a bit for.
static size_t append_blocks(uint64_t live, size_t first_block, size_t block_count,
                            uint16_t *blocks, size_t count) {
  if (block_count < VK_SPARSE_BLOCKS) live &= ((uint64_t)1 << block_count) - 1;
  for (; live != 0; live &= live - 1) {
    blocks[count++] = (uint16_t)(first_block + (size_t)__builtin_ctzll(live));
  }
  return count;
}

/// Writes down the rows of a block that passed, and their bounds.
static size_t take_rows(uint64_t passed, size_t block, const uint16_t *block_sums, uint16_t *rows,
                        uint16_t *bounds, size_t found) {
  for (; passed != 0; passed &= passed - 1) {
    size_t row = (size_t)__builtin_ctzll(passed);
    rows[found] = (uint16_t)(block * VK_SPARSE_BLOCK_ROWS + row);
    bounds[found] = block_sums[row];
    found++;
  }
  return found;
}

static inline __attribute__((always_inline)) size_t scan_with(
    scan_parts parts, const vk_sparse_terms *terms, size_t superblock, size_t block_count,
    uint16_t threshold, uint16_t *sums, uint16_t *rows, uint16_t *bounds) {
  size_t first_block = superblock * VK_SPARSE_BLOCKS;
  uint16_t cells[superblock_cells];
  uint16_t highest = parts.sum_maxima(terms->bits, terms->bit_count, first_block, cells);
  size_t added;
  uint64_t live = add_lists(parts, terms, superblock, block_count, cells, highest, threshold, sums,
                            &added);
  uint16_t blocks[VK_SPARSE_BLOCKS];
  size_t count = append_blocks(live, first_block, block_count, blocks, 0);
  fetch_first(terms, blocks, count);
  size_t found = 0;
  for (size_t b = 0; b < count; b++) {
    fetch_after(terms, blocks, count, b);
    size_t block = blocks[b];
    size_t number = block - first_block;
    uint16_t *block_sums = sums + number * VK_SPARSE_BLOCK_ROWS;
    if (added < terms->list_count) {
      for (size_t i = added; i < terms->list_count; i++) {
        scatter_block(terms->lists + i, superblock, block, block_sums);
      }
      if (!parts.is_live(cells + number * VK_SPARSE_BLOCK_CELLS, block_sums, threshold)) continue;
    }
    uint64_t passed =
        parts.sum_block(terms->bits, terms->bit_count, block, threshold, block_sums);
    found = take_rows(passed, block, block_sums, rows, bounds, found);
  }
  return found;
}

/// The same for all superblocks of a segment, of whose rows the lists are added already.
static inline __attribute__((always_inline)) size_t scan_segment_with(
    scan_parts parts, const vk_sparse_terms *terms, size_t block_count, uint16_t threshold,
    uint16_t *sums, const uint16_t *greatest, uint16_t *rows, uint16_t *bounds) {
  uint16_t blocks[VK_SPARSE_SUPERBLOCKS * VK_SPARSE_BLOCKS];
  size_t count = 0;
  for (size_t first = 0; first < block_count; first += VK_SPARSE_BLOCKS) {
    uint16_t cells[superblock_cells];
    fetch_maxima(terms, first + VK_SPARSE_BLOCKS);
    (void)parts.sum_maxima(terms->bits, terms->bit_count, first, cells);
    uint64_t live =
        parts.live_blocks(cells, greatest + first * VK_SPARSE_BLOCK_CELLS, threshold);
    count = append_blocks(live, first, block_count - first, blocks, count);
  }
  fetch_first(terms, blocks, count);
  size_t found = 0;
  for (size_t b = 0; b < count; b++) {
    fetch_after(terms, blocks, count, b);
    uint16_t *block_sums = sums + (size_t)blocks[b] * VK_SPARSE_BLOCK_ROWS;
    uint64_t passed =
        parts.sum_block(terms->bits, terms->bit_count, blocks[b], threshold, block_sums);
    found = take_rows(passed, blocks[b], block_sums, rows, bounds, found);
  }
  return found;
}

/// Has the rows of all lists that lie in a superblock brought into the cache.
static void fetch_lists(const vk_sparse_terms *terms, size_t superblock) {
  for (size_t i = 0; i < terms->list_count; i++) {
    const vk_sparse_list *list = terms->lists + i;
    size_t first = list->starts[superblock];
    size_t end = list->starts[superblock + 1];
    for (size_t row = first; row < end; row += 32) __builtin_prefetch(list->rows + row, 0, 3);
    for (size_t row = first; row < end; row += 64) __builtin_prefetch(list->weights + row, 0, 3);
  }
}

static inline __attribute__((always_inline)) uint16_t sum_lists_with(
    scan_parts parts, const vk_sparse_terms *terms, size_t superblock, uint16_t *sums,
    uint16_t *greatest) {
  if (superblock + 1 < VK_SPARSE_SUPERBLOCKS) fetch_lists(terms, superblock + 1);
  memset(sums, 0, VK_SPARSE_ROWS * sizeof(uint16_t));
  for (size_t i = 0; i < terms->list_count; i++) {
    scatter(terms->lists + i, superblock, sums);
  }
  return parts.find_greatest(sums, greatest);
}

#endif
