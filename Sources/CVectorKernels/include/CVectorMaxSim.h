// Kernels that compare all vectors of a query with all vectors of a row.
#ifndef QUIVER_CVECTORMAXSIM_H
#define QUIVER_CVECTORMAXSIM_H

#include "CVectorMatrix.h"

#pragma clang assume_nonnull begin

/// Panels for `count` vectors of a query that `vk_max_similarity` looks at.
static inline size_t vk_query_panels(size_t count) {
  return (count + VK_PANEL - 1) / VK_PANEL;
}

/// Raises `best[c]` to the greatest similarity of the query's vector `c` with any of `count`
/// contiguous rows of floats: Σ a·b (VK_DOT), −Σ (a − b)² (VK_SQUARED_L2) or −Σ |a − b| (VK_L1).
///
/// `packed` holds the query's vectors as `vk_pack` arranges them, `best` 16 × `panels` floats. With
/// `factors` and `addends` (both or none, one a row) the similarity of row i becomes
/// `factors[i]` × the sum + `addends[i]`. Sums are of floats, in the order of the dimensions.
///
/// `ahead_bytes` of memory at `ahead`, which are read next, are fetched meanwhile. They need not be
/// there.
void vk_max_similarity(vk_variant variant, vk_metric metric, const float *rows, size_t count,
                       size_t dimension, const float *packed, size_t panels,
                       const float *_Nullable factors, const float *_Nullable addends,
                       const void *_Nullable ahead, size_t ahead_bytes, float *best);

#pragma clang assume_nonnull end

#endif
