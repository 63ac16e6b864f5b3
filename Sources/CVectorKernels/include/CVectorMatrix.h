// Kernels that compare many rows with many centroids at once.
#ifndef QUIVER_CVECTORMATRIX_H
#define QUIVER_CVECTORMATRIX_H

#include "CVectorKernels.h"

#pragma clang assume_nonnull begin

enum {
  /// Centroids of a panel.
  VK_PANEL = 16
};

/// Values from here on stand for none: those of centroids that a panel or block lacks.
#define VK_NO_VALUE 1e29f

/// Panels for `count` centroids; a multiple of two.
static inline size_t vk_panels(size_t count) {
  size_t panels = (count + VK_PANEL - 1) / VK_PANEL;
  return panels + panels % 2;
}

/// Rearranges `count` × `dimension` floats into panels: dimension by dimension, 16 centroids side by
/// side; missing centroids are zeros. `packed` holds vk_panels(count) × 16 × `dimension` floats.
void vk_pack(const float *centroids, size_t count, size_t dimension, float *packed);

/// Writes `bias[c]` − ⟨row i, centroid c⟩ to `out[i · stride + c]` for all `count` rows and the
/// 16 × `panels` centroids. `panels` is even. Relative error of a float sum in any order.
void vk_biased_products(vk_variant variant, const float *_Nonnull const *_Nonnull rows,
                        size_t count, size_t dimension, const float *packed, size_t panels,
                        const float *bias, float *out, size_t stride);

/// The position of the smallest of `count` values, the first of equal ones. `count` is a multiple
/// of 16.
size_t vk_smallest(vk_variant variant, const float *values, size_t count);

/// Writes the positions of the `wanted` smallest of `count` values, and of at most `slack` more
/// that are nearly as small, in ascending order of position. Of values that are equal to the last
/// one, the first are taken. `count` is a multiple of 16, `wanted` at most how many values are below
/// VK_NO_VALUE.
///
/// - Returns: how many positions were written, at least `wanted`.
size_t vk_select_smallest(vk_variant variant, const float *values, size_t count, size_t wanted,
                          size_t slack, uint32_t *positions);

/// Writes the positions of the values that are at most `limit`, in ascending order. `count` is a
/// multiple of 16.
///
/// - Returns: how many.
size_t vk_select_up_to(vk_variant variant, const float *values, size_t count, float limit,
                       uint32_t *positions);

#pragma clang assume_nonnull end

#endif
