// Distance kernels over rows of numbers, one compiled copy per instruction set.
//
// Every function is pure but for its output buffer and may be called from any thread. Rows are
// contiguous: row i of an n × d block starts d * i numbers after the first one. Rows are aligned as
// their numbers are; 64 bytes is fastest.
//
// The result for a row depends on the query, the row and the variant only, never on the other rows
// of the call: a row scored alone, in a block or through a pointer list gets the same bits.
#ifndef QUIVER_CVECTORKERNELS_H
#define QUIVER_CVECTORKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// An instruction set that the kernels are compiled for.
typedef enum vk_variant {
  /// The reference: strict evaluation order, sums kept in double, rounded once.
  VK_SCALAR = 0,
  VK_AVX2 = 1,
  VK_AVX512 = 2,
  VK_NEON = 3
} vk_variant;

/// What is computed for a pair of vectors.
typedef enum vk_metric {
  /// Σ a·b
  VK_DOT = 0,
  /// Σ (a − b)²
  VK_SQUARED_L2 = 1,
  /// Σ |a − b|
  VK_L1 = 2,
  /// Σ a·b / √(Σ a² · Σ b²), and 0 where a vector is zero: for vectors that are not normalised.
  VK_COSINE = 3
} vk_metric;

/// What the numbers of a row are. Those of a query are the same.
typedef enum vk_element {
  VK_FLOAT32 = 0,
  /// IEEE binary16, worked with as float32.
  VK_FLOAT16 = 1,
  /// 0…255, worked with as integers: exact up to 65,536 dimensions but for one rounding.
  VK_UINT8 = 2
} vk_element;

/// Bytes of a number.
static inline size_t vk_element_bytes(vk_element element) {
  return element == VK_FLOAT32 ? 4 : element == VK_FLOAT16 ? 2 : 1;
}

/// The outcome of choosing a variant.
typedef struct vk_selection {
  vk_variant variant;
  /// False if a variant was asked for by name and is unknown or not available on this CPU;
  /// `variant` is then the best available one.
  bool honoured;
} vk_selection;

/// Whether this build and this CPU can run `variant`.
bool vk_is_supported(vk_variant variant);

/// "scalar", "avx2", "avx512" or "neon".
const char *vk_name(vk_variant variant);

/// The variant called `name`, or the best supported one if `name` is NULL, empty, unknown or
/// unsupported.
vk_selection vk_select(const char *_Nullable name);

/// The value of the environment variable QUIVER_KERNELS, for `vk_select`; NULL if it is not set.
const char *_Nullable vk_requested_by_environment(void);

/// Writes `metric(query, row i)` to `out[i]` for `count` contiguous rows of `dimension` numbers.
/// `variant` must be supported.
void vk_score_rows(vk_variant variant, vk_metric metric, vk_element element, const void *query,
                   const void *rows, size_t count, size_t dimension, float *out);

/// Writes `metric(query, rows[i])` to `out[i]` for `count` rows that lie anywhere in memory. Rows
/// are prefetched a few ahead, and so are the `following` rows whose addresses come after those.
/// `variant` must be supported.
void vk_score_gathered(vk_variant variant, vk_metric metric, vk_element element, const void *query,
                       const void *_Nonnull const *_Nonnull rows, size_t count, size_t following,
                       size_t dimension, float *out);

/// Writes `count` numbers as floats.
void vk_widen(vk_variant variant, vk_element element, const void *numbers, size_t count,
              float *out);

/// Writes `count` floats as halves, rounded to the nearest, ties to even; finite ones stay finite.
void vk_narrow(vk_variant variant, const float *numbers, size_t count, void *out);

/// Σ v², summed in double in a fixed order: the same bits on every CPU. Can't overflow.
double vk_sum_of_squares(const float *vector, size_t dimension);

/// Multiplies in double and rounds once: the same bits on every CPU.
void vk_scale(float *vector, size_t dimension, double factor);

/// Zeroed memory, aligned to 64 bytes; NULL if there is none. Pages of large blocks are committed
/// when they are first written. Freed by `vk_free` only.
void *_Nullable vk_allocate_zeroed(size_t bytes);

/// Zeroed memory at a multiple of 2 MiB, in pages of that size where the system has them: fewer
/// addresses have to be looked up where rows are read here and there. What is touched first commits
/// a whole page. NULL if there is none; freed with vk_free.
void *_Nullable vk_allocate_huge(size_t bytes);

/// Gives the pages that lie wholly in these bytes back to the system, without their addresses. They
/// are zeros when they are touched again.
void vk_give_back(void *memory, size_t bytes);

void vk_free(void *_Nullable memory);

#pragma clang assume_nonnull end

#include "CVectorCodes.h"
#include "CVectorKeys.h"
#include "CVectorMatrix.h"
#include "CVectorMaxSim.h"
#include "CVectorSparse.h"
#include "CVectorTurbo.h"

#endif
