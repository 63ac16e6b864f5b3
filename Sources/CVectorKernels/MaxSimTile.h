// One register tile of `vk_max_similarity`, stamped out by every inclusion. Before including define
//   VK_TILE(metric)        the name of the tile for a metric
//   VK_ATTRIBUTES          the target attribute, or nothing
//   VK_TILE_ROWS           rows of the tile
//   VK_TILE_PANELS         panels of the tile

#define VK_MAX_TILE(metric, TERM)                                                          \
  VK_ATTRIBUTES static void VK_TILE(metric)(                                               \
      const float *restrict rows, size_t dimension, const float *restrict packed,          \
      const float *restrict factors, const float *restrict addends, const char *ahead,     \
      size_t lines, float *restrict best) {                                                \
    _Pragma("clang fp contract(fast)") lanes sums[VK_TILE_ROWS][VK_TILE_PANELS];           \
    for (size_t r = 0; r < VK_TILE_ROWS; r++) {                                            \
      for (size_t p = 0; p < VK_TILE_PANELS; p++) {                                        \
        sums[r][p] = VK_FILL(0.0f);                                                        \
      }                                                                                    \
    }                                                                                      \
    for (size_t k = 0; k < dimension; k++) {                                               \
      if (k < lines) {                                                                     \
        __builtin_prefetch(ahead + k * VK_LINE, 0, 3);                                     \
      }                                                                                    \
      lanes columns[VK_TILE_PANELS];                                                       \
      for (size_t p = 0; p < VK_TILE_PANELS; p++) {                                        \
        columns[p] = VK_LOAD(packed + (p * dimension + k) * VK_PANEL);                     \
      }                                                                                    \
      _Pragma("clang loop unroll(full)") for (size_t r = 0; r < VK_TILE_ROWS; r++) {       \
        float value = rows[r * dimension + k];                                             \
        _Pragma("clang loop unroll(full)") for (size_t p = 0; p < VK_TILE_PANELS; p++) {   \
          TERM(sums[r][p], columns[p], value)                                              \
        }                                                                                  \
      }                                                                                    \
    }                                                                                      \
    if (factors != NULL) {                                                                 \
      _Pragma("clang loop unroll(full)") for (size_t r = 0; r < VK_TILE_ROWS; r++) {       \
        _Pragma("clang loop unroll(full)") for (size_t p = 0; p < VK_TILE_PANELS; p++) {   \
          sums[r][p] = sums[r][p] * factors[r] + addends[r];                               \
        }                                                                                  \
      }                                                                                    \
    }                                                                                      \
    _Pragma("clang loop unroll(full)") for (size_t p = 0; p < VK_TILE_PANELS; p++) {       \
      lanes top = VK_LOAD(best + p * VK_PANEL);                                            \
      _Pragma("clang loop unroll(full)") for (size_t r = 0; r < VK_TILE_ROWS; r++) {       \
        top = VK_SELECT(sums[r][p] > top, sums[r][p], top);                                \
      }                                                                                    \
      VK_STORE(best + p * VK_PANEL, top);                                                  \
    }                                                                                      \
  }

VK_MAX_TILE(dot, VK_ADD_PRODUCT)
VK_MAX_TILE(squared_l2, VK_SUBTRACT_SQUARE)
VK_MAX_TILE(l1, VK_SUBTRACT_MAGNITUDE)

#undef VK_MAX_TILE
#undef VK_TILE
#undef VK_TILE_ROWS
#undef VK_TILE_PANELS
