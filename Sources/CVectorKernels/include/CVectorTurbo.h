// Kernels for codes of four bits a number: rotation, encoding, decoding, products.
//
// A row is `code_bytes` bytes of codes, a multiple of 4, then two floats: what the product with the
// codes' centroids is multiplied by, and the length of the vector. Byte k holds the codes of the
// numbers 2k (low nibble) and 2k + 1.
#ifndef QUIVER_CVECTORTURBO_H
#define QUIVER_CVECTORTURBO_H

#include "CVectorKernels.h"

#pragma clang assume_nonnull begin

enum {
  /// Rounds of a rotation after the first transform.
  VK_TURBO_ROUNDS = 3,
  /// Numbers that a query is arranged by: 16 even ones, then 16 odd ones.
  VK_TURBO_BLOCK = 32,
  /// The greatest number of a query.
  VK_TURBO_GREATEST = 8127
};

/// Normalised Hadamard transforms of `dimension` numbers, in pieces that are powers of two from the
/// greatest down; then for each of the VK_TURBO_ROUNDS maps the numbers are put in its order
/// (number k comes from `maps[round · dimension + k]`) and transformed again. `scratch` has room
/// for as many.
void vk_turbo_rotate(const uint32_t *maps, size_t dimension, double *numbers, double *scratch);

/// Writes the row of `padded` rotated numbers, an even number of them.
void vk_turbo_encode(const double *rotated, size_t padded, size_t code_bytes, uint8_t *row);

/// Writes the `padded` rotated numbers that a row stands for.
void vk_turbo_decode(const uint8_t *row, size_t padded, size_t code_bytes, double *rotated);

/// Writes `padded` rotated numbers, times `steps`, as the nearest whole numbers up to
/// ±VK_TURBO_GREATEST, halves away from zero, in the order that `vk_turbo_sums` takes: by blocks,
/// within them those at even places before those at odd ones. Numbers that are not finite are left
/// as they are in `query`.
void vk_turbo_arrange(const double *rotated, size_t padded, float steps, int16_t *query);

/// Writes Σ query · centroid of the codes to `out[i]` for `count` rows, each `stride` bytes after
/// the one before, with centroids as whole numbers from −128 to 127: exact but for one rounding.
/// `query` holds numbers up to ±VK_TURBO_GREATEST by blocks of VK_TURBO_BLOCK, zeros past the last one.
void vk_turbo_sums(vk_variant variant, const int16_t *query, size_t code_bytes,
                   const uint8_t *rows, size_t stride, size_t count, float *out);

#pragma clang assume_nonnull end

#endif
