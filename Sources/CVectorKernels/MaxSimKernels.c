#include "CVectorKernels.h"
#include "Lanes.h"

/// Bytes that are fetched from memory together.
#define VK_LINE 64

#define VK_ADD_PRODUCT(sum, column, value) sum += column * value;
#define VK_SUBTRACT_SQUARE(sum, column, value) \
  {                                            \
    lanes difference = column - value;         \
    sum -= difference * difference;            \
  }
#define VK_SUBTRACT_MAGNITUDE(sum, column, value)                             \
  {                                                                           \
    lanes difference = column - value;                                        \
    sum -= (lanes)((int_lanes)difference & ((int_lanes){0} + 0x7fffffff)); \
  }

typedef void (*max_tile)(const float *restrict rows, size_t dimension,
                         const float *restrict packed, const float *restrict factors,
                         const float *restrict addends, const char *ahead, size_t lines,
                         float *restrict best);

enum { one_row, few_rows, many_rows, row_shapes };

typedef struct max_set {
  size_t few;
  size_t many;
  /// By metric, by panels less one, by rows. Without those for two panels, tiles have one.
  max_tile tiles[3][2][row_shapes];
} max_set;

#define VK_SUFFIX generic
#define VK_ATTRIBUTES
#define VK_MANY 6
#define VK_FEW 2
#define VK_PAIRS 0
#include "MaxSimSet.h"

#if defined(__x86_64__)

#define VK_SUFFIX avx2
#define VK_ATTRIBUTES __attribute__((target("avx2,fma")))
#define VK_MANY 6
#define VK_FEW 2
#define VK_PAIRS 0
#include "MaxSimSet.h"

#define VK_SUFFIX avx512
#define VK_ATTRIBUTES \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"), min_vector_width(512)))
#define VK_MANY 12
#define VK_FEW 4
#define VK_PAIRS 1
#include "MaxSimSet.h"

#endif

// The reference adds up in double and in order.
static void reference(vk_metric metric, const float *rows, size_t count, size_t dimension,
                      const float *packed, size_t panels, const float *factors,
                      const float *addends, float *best) {
  for (size_t i = 0; i < count; i++) {
    for (size_t c = 0; c < panels * VK_PANEL; c++) {
      const float *column = packed + (c / VK_PANEL) * VK_PANEL * dimension + c % VK_PANEL;
      double sum = 0;
      for (size_t k = 0; k < dimension; k++) {
        double a = column[k * VK_PANEL];
        double b = rows[i * dimension + k];
        sum += metric == VK_DOT          ? a * b
               : metric == VK_SQUARED_L2 ? -(a - b) * (a - b)
                                         : -__builtin_fabs(a - b);
      }
      if (factors != NULL) {
        sum = sum * (double)factors[i] + (double)addends[i];
      }
      if ((float)sum > best[c]) {
        best[c] = (float)sum;
      }
    }
  }
}

static const max_set *set_of(vk_variant variant) {
  switch (variant) {
#if defined(__x86_64__)
    case VK_AVX2:
      return &max_set_avx2;
    case VK_AVX512:
      return &max_set_avx512;
#endif
    case VK_NEON:
      return &max_set_generic;
    default:
      return NULL;
  }
}

// A tile of few rows is as fast a row, unless three of them would be needed where one has all.
static int shape_of(const max_set *set, size_t left, size_t count) {
  if (left >= set->many || (left > 2 * set->few && count >= set->many)) {
    return many_rows;
  }
  return count >= set->few ? few_rows : one_row;
}

void vk_max_similarity(vk_variant variant, vk_metric metric, const float *rows, size_t count,
                       size_t dimension, const float *packed, size_t panels,
                       const float *factors, const float *addends, const void *ahead,
                       size_t ahead_bytes, float *best) {
  const max_set *set = set_of(variant);
  if (set == NULL) {
    reference(metric, rows, count, dimension, packed, panels, factors, addends, best);
    return;
  }
  const char *line = ahead;
  size_t lines = (ahead_bytes + VK_LINE - 1) / VK_LINE;
  size_t widest = set->tiles[metric][1][many_rows] != NULL ? 2 : 1;
  // Every tile fetches its share, of at most a line for each dimension.
  size_t share = lines / ((count + set->many - 1) / set->many * ((panels + widest - 1) / widest));
  size_t row = 0;
  while (row < count) {
    size_t left = count - row;
    int shape = shape_of(set, left, count);
    size_t size = shape == many_rows ? set->many : shape == few_rows ? set->few : 1;
    // What a last tile has seen already cannot be greater than itself.
    size_t first = left < size ? count - size : row;
    const float *of_rows = factors == NULL ? NULL : factors + first;
    const float *to_rows = factors == NULL ? NULL : addends + first;
    size_t panel = 0;
    while (panel < panels) {
      size_t width = panels - panel > 1 ? widest : 1;
      size_t part = share + 1 < lines ? share + 1 : lines;
      set->tiles[metric][width - 1][shape](rows + first * dimension, dimension,
                                           packed + panel * VK_PANEL * dimension, of_rows, to_rows,
                                           line, part, best + panel * VK_PANEL);
      lines -= part;
      line += part * VK_LINE;
      panel += width;
    }
    row = first + size;
  }
}
