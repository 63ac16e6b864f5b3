// Rotation, lookup tables and encoding, stamped out by every inclusion. Before including define
// VK_SUFFIX and VK_ATTRIBUTES as for RowKernels.h.

#define VK_JOIN2(a, b) a##_##b
#define VK_JOIN(a, b) VK_JOIN2(a, b)
#define VK_FN(name) VK_JOIN(name, VK_SUFFIX)

// One step of a Hadamard transform within sixteen elements: neighbours at `distance` (given by the
// shuffle) are replaced by their sum and difference. Products with ±1 are exact.
#define VK_STEP(x, sign, ...) (__builtin_shufflevector(x, x, __VA_ARGS__) + (x) * (sign))

VK_ATTRIBUTES static inline void VK_FN(hadamard16)(float *first, float scale) {
  lanes x = VK_LOAD(first) * scale;
  const lanes sign1 = {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1};
  const lanes sign2 = {1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1};
  const lanes sign4 = {1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1};
  const lanes sign8 = {1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1};
  x = VK_STEP(x, sign1, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  x = VK_STEP(x, sign2, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  x = VK_STEP(x, sign4, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
  x = VK_STEP(x, sign8, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  VK_STORE(first, x);
}

// `count` is a power of two, at least 16.
VK_ATTRIBUTES static void VK_FN(hadamard)(float *x, size_t count, float scale) {
  for (size_t i = 0; i < count; i += 16) {
    VK_FN(hadamard16)(x + i, scale);
  }
  for (size_t step = 16; step < count; step *= 2) {
    for (size_t start = 0; start < count; start += 2 * step) {
      for (size_t i = start; i < start + step; i += 16) {
        lanes a = VK_LOAD(x + i);
        lanes b = VK_LOAD(x + i + step);
        VK_STORE(x + i, a + b);
        VK_STORE(x + i + step, a - b);
      }
    }
  }
}

VK_ATTRIBUTES static void VK_FN(rotate)(const float *signs, const float *vector, size_t size,
                                        size_t dimension, float *out) {
  memcpy(out, vector, size * sizeof(float));
  memset(out + size, 0, (dimension - size) * sizeof(float));
  size_t power = 32;
  while (power * 2 <= dimension) {
    power *= 2;
  }
  float scale = (float)(1 / __builtin_sqrt((double)power));
  const float half = 0.70710678118654752f;
  for (size_t round = 0; round < VK_ROTATION_ROUNDS; round++) {
    const float *sign = signs + round * dimension;
    for (size_t i = 0; i < dimension; i += 16) {
      VK_STORE(out + i, VK_LOAD(out + i) * VK_LOAD(sign + i));
    }
    VK_FN(hadamard)(round % 2 == 0 ? out : out + dimension - power, power, scale);
    if (power == dimension) {
      continue;
    }
    for (size_t i = 0; i < dimension / 2; i += 16) {
      lanes a = VK_LOAD(out + i);
      lanes b = VK_LOAD(out + i + dimension / 2);
      VK_STORE(out + i, (a + b) * half);
      VK_STORE(out + i + dimension / 2, (a - b) * half);
    }
  }
}

VK_ATTRIBUTES static vk_table_scale VK_FN(build_table)(const float *y, size_t dimension,
                                                       uint8_t *table) {
#pragma clang fp reassociate(off) contract(off)
  float range = 0;
  double minimum = 0;
  double sum = 0;
  for (size_t i = 0; i < dimension; i += 4) {
    float low = 0;
    float high = 0;
    for (size_t j = i; j < i + 4; j++) {
      low += y[j] < 0 ? y[j] : 0;
      high += y[j] > 0 ? y[j] : 0;
      sum += (double)y[j];
    }
    minimum += (double)low;
    range = high - low > range ? high - low : range;
  }
  vk_table_scale result = {.delta = range / 255, .shift = (float)(minimum - sum / 2)};
  float inverse = range > 0 ? 255 / range : 0;
  const lanes bit0 = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
  const lanes bit1 = {0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1};
  const lanes bit2 = {0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1};
  const lanes bit3 = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
  for (size_t i = 0; i < dimension; i += 4) {
    float low = 0;
    for (size_t j = i; j < i + 4; j++) {
      low += y[j] < 0 ? y[j] : 0;
    }
    lanes sums = (bit0 * y[i] + bit1 * y[i + 1]) + (bit2 * y[i + 2] + bit3 * y[i + 3]);
    lanes steps = (sums - low) * inverse + 0.5f;
    // Rounding may carry a sum past either end by an ulp.
    steps = VK_SELECT(steps < 0, VK_FILL(0.0f), steps);
    steps = VK_SELECT(steps > 255, VK_FILL(255.0f), steps);
    typedef uint8_t bytes __attribute__((vector_size(16), aligned(1)));
    *(bytes *)(table + 4 * i) =
        __builtin_convertvector(__builtin_convertvector(steps, int_lanes), bytes);
  }
  return result;
}

VK_ATTRIBUTES static float VK_FN(total)(const lanes *x) {
  float sum = 0;
  for (size_t i = 0; i < 16; i++) {
    sum += (*x)[i];
  }
  return sum;
}

VK_ATTRIBUTES static void VK_FN(encode)(vk_metric metric, const float *rotated,
                                        const float *centroid, size_t dimension, uint8_t *block,
                                        size_t index) {
#pragma clang fp reassociate(off) contract(off)
  lanes squares = VK_FILL(0.0f);
  lanes absolutes = VK_FILL(0.0f);
  lanes shifts = VK_FILL(0.0f);
  lanes products = VK_FILL(0.0f);
  for (size_t i = 0; i < dimension; i += 16) {
    lanes m = VK_LOAD(centroid + i);
    lanes r = VK_LOAD(rotated + i) - m;
    int_lanes positive = r >= 0;
    squares += r * r;
    absolutes += VK_SELECT(positive, r, -r);
    shifts += VK_SELECT(positive, m, -m);
    products += r * m;
  }
  for (size_t line = 0; line < dimension / 32; line++) {
    for (size_t w = 0; w < 4; w++) {
      size_t low = 4 * (8 * line + w);
      size_t high = low + 16;
      unsigned byte = 0;
      for (size_t bit = 0; bit < 4; bit++) {
        byte |= (unsigned)(rotated[low + bit] - centroid[low + bit] >= 0) << bit;
        byte |= (unsigned)(rotated[high + bit] - centroid[high + bit] >= 0) << (4 + bit);
      }
      block[64 * line + 4 * index + w] = (uint8_t)byte;
    }
  }
  float squared = VK_FN(total)(&squares);
  float absolute = VK_FN(total)(&absolutes);
  float factor = absolute > 0 ? squared / absolute : 0;
  float shift = VK_FN(total)(&shifts);
  float *terms = (float *)(void *)(block + 2 * dimension);
  if (metric == VK_DOT) {
    terms[index] = factor * shift - VK_FN(total)(&products);
    terms[VK_BLOCK_ENTRIES + index] = -2 * factor;
  } else {
    terms[index] = squared + 2 * factor * shift;
    terms[VK_BLOCK_ENTRIES + index] = -4 * factor;
  }
}

#undef VK_STEP
#undef VK_FN
#undef VK_JOIN
#undef VK_JOIN2
#undef VK_SUFFIX
#undef VK_ATTRIBUTES
