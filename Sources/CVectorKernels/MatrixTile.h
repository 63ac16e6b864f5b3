// Products of rows with panels, and selection of the smallest, stamped out by every inclusion.
// Before including define VK_SUFFIX and VK_ATTRIBUTES as for RowKernels.h, and
//   VK_TILE_ROWS     rows of a register tile
//   VK_TILE_PANELS   panels of a register tile, 1 or 2

#define VK_JOIN2(a, b) a##_##b
#define VK_JOIN(a, b) VK_JOIN2(a, b)
#define VK_FN(name) VK_JOIN(name, VK_SUFFIX)

// A full tile: `packed` points to its first panel.
VK_ATTRIBUTES static void VK_FN(tile)(const float *const *rows, size_t dimension,
                                      const float *packed, const float *bias, float *out,
                                      size_t stride) {
#pragma clang fp reassociate(on) contract(fast)
  lanes sums[VK_TILE_ROWS][VK_TILE_PANELS];
  for (size_t r = 0; r < VK_TILE_ROWS; r++) {
    for (size_t p = 0; p < VK_TILE_PANELS; p++) {
      sums[r][p] = VK_FILL(0.0f);
    }
  }
  for (size_t k = 0; k < dimension; k++) {
    lanes columns[VK_TILE_PANELS];
    for (size_t p = 0; p < VK_TILE_PANELS; p++) {
      columns[p] = VK_LOAD(packed + (p * dimension + k) * VK_PANEL);
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < VK_TILE_ROWS; r++) {
      float value = rows[r][k];
#pragma clang loop unroll(full)
      for (size_t p = 0; p < VK_TILE_PANELS; p++) {
        sums[r][p] += columns[p] * value;
      }
    }
  }
  for (size_t r = 0; r < VK_TILE_ROWS; r++) {
    for (size_t p = 0; p < VK_TILE_PANELS; p++) {
      VK_STORE(out + r * stride + p * VK_PANEL, VK_LOAD(bias + p * VK_PANEL) - sums[r][p]);
    }
  }
}

VK_ATTRIBUTES static void VK_FN(products)(const float *const *rows, size_t count,
                                          size_t dimension, const float *packed, size_t panels,
                                          const float *bias, float *out, size_t stride) {
  // Panels that stay in the second-level cache while all rows pass.
  size_t group = (512 << 10) / (dimension * VK_PANEL * sizeof(float));
  group = group < VK_TILE_PANELS ? VK_TILE_PANELS : group - group % VK_TILE_PANELS;
  for (size_t first = 0; first < panels; first += group) {
    size_t end = first + group < panels ? first + group : panels;
    for (size_t start = 0; start < count; start += VK_TILE_ROWS) {
      // A last, incomplete tile repeats its last row and throws the results away.
      const float *tile_rows[VK_TILE_ROWS];
      size_t present = count - start < VK_TILE_ROWS ? count - start : VK_TILE_ROWS;
      for (size_t r = 0; r < VK_TILE_ROWS; r++) {
        tile_rows[r] = rows[start + (r < present ? r : present - 1)];
      }
      for (size_t panel = first; panel < end; panel += VK_TILE_PANELS) {
        const float *columns = packed + panel * VK_PANEL * dimension;
        const float *column_bias = bias + panel * VK_PANEL;
        if (present == VK_TILE_ROWS) {
          VK_FN(tile)(tile_rows, dimension, columns, column_bias,
                      out + start * stride + panel * VK_PANEL, stride);
          continue;
        }
        float spare[VK_TILE_ROWS * VK_TILE_PANELS * VK_PANEL];
        enum { width = VK_TILE_PANELS * VK_PANEL };
        VK_FN(tile)(tile_rows, dimension, columns, column_bias, spare, width);
        for (size_t r = 0; r < present; r++) {
          memcpy(out + (start + r) * stride + panel * VK_PANEL, spare + r * width,
                 width * sizeof(float));
        }
      }
    }
  }
}

VK_ATTRIBUTES static size_t VK_FN(smallest)(const float *values, size_t count) {
  lanes best = VK_LOAD(values);
  int_lanes where = {0};
  for (size_t i = 16; i < count; i += 16) {
    lanes next = VK_LOAD(values + i);
    int_lanes less = next < best;
    best = VK_SELECT(less, next, best);
    where = (less & ((int_lanes){0} + (int32_t)i)) | (~less & where);
  }
  size_t result = 0;
  float value = best[0];
  result = (size_t)where[0];
  for (size_t lane = 1; lane < 16; lane++) {
    size_t position = (size_t)where[lane] + lane;
    if (best[lane] < value || (best[lane] == value && position < result)) {
      value = best[lane];
      result = position;
    }
  }
  return result;
}

VK_ATTRIBUTES static size_t VK_FN(count_up_to)(const float *values, size_t count, float limit) {
  int_lanes total = {0};
  for (size_t i = 0; i < count; i += 16) {
    total -= VK_LOAD(values + i) <= limit;
  }
  size_t sum = 0;
  for (size_t lane = 0; lane < 16; lane++) {
    sum += (size_t)total[lane];
  }
  return sum;
}

// Values from `limit` on do not count for the highest.
VK_ATTRIBUTES static void VK_FN(extent)(const float *values, size_t count, float limit,
                                        float *lowest, float *highest) {
  lanes low = VK_LOAD(values);
  lanes high = VK_SELECT(low < limit, low, VK_FILL(-limit));
  for (size_t i = 16; i < count; i += 16) {
    lanes next = VK_LOAD(values + i);
    low = VK_SELECT(next < low, next, low);
    high = VK_SELECT((next > high) & (next < limit), next, high);
  }
  *lowest = low[0];
  *highest = high[0];
  for (size_t lane = 1; lane < 16; lane++) {
    *lowest = low[lane] < *lowest ? low[lane] : *lowest;
    *highest = high[lane] > *highest ? high[lane] : *highest;
  }
}

#undef VK_FN
#undef VK_JOIN
#undef VK_JOIN2
#undef VK_SUFFIX
#undef VK_ATTRIBUTES
#undef VK_TILE_ROWS
#undef VK_TILE_PANELS
