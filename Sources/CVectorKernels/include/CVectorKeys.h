// Sorting of short runs of keys.
#ifndef QUIVER_CVECTORKEYS_H
#define QUIVER_CVECTORKEYS_H

#include "CVectorKernels.h"

#pragma clang assume_nonnull begin

enum {
  /// The most keys that `vk_rank_keys` takes.
  VK_RANKED_MAX = 256
};

/// Puts `count` keys into ascending order, none of which is UINT64_MAX.
///
/// Counts for every key how many are smaller: `count`² comparisons, but without a branch, which is
/// faster than sorting for a hundred keys.
void vk_rank_keys(vk_variant variant, uint64_t *keys, size_t count);

#pragma clang assume_nonnull end

#endif
