// The loops themselves, compiled once for each instruction set: the including file defines
// KERNEL(name) and the target attribute in force.

// Not to be reassociated: adding and subtracting ROUND rounds to an integer, and the two parts of
// ln 2 must be subtracted one after the other.
static inline float KERNEL(exponential)(float x) {
  const float round = 12582912.0f;  // 1.5 · 2^23
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  float shifted = x * 1.44269504f + round;
  float n = shifted - round;
  float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  // Taylor polynomial of degree 7, |r| <= ln(2) / 2: truncation error below 6e-9.
  float p = 1.0f / 5040.0f;
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 127u) << 23;  // the low bits of `shifted` are n
  float power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

static void KERNEL(add_bias)(float *x, const float *bias, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++, x += columns) {
    for (size_t i = 0; i < columns; i++) x[i] += bias[i];
  }
}

static void KERNEL(gelu)(float *x, const float *bias, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++, x += columns) {
    for (size_t i = 0; i < columns; i++) {
      float v = x[i] + bias[i];
      float z = v * 0.707106781f;
      float a = z < 0.0f ? -z : z;
      float t = 1.0f / (1.0f + 0.3275911f * a);
      float p = 1.061405429f;
      p = p * t - 1.453152027f;
      p = p * t + 1.421413741f;
      p = p * t - 0.284496736f;
      p = p * t + 0.254829592f;
      // Half of 1 - erf(|z|): used as it is for negative v, so that no digits cancel there.
      float tail = 0.5f * p * t * KERNEL(exponential)(-a * a);
      x[i] = v * (v < 0.0f ? tail : 1.0f - tail);
    }
  }
}

static void KERNEL(softmax)(float *x, float scale, size_t rows, size_t columns) {
#pragma clang fp reassociate(on) contract(fast)
  for (size_t row = 0; row < rows; row++, x += columns) {
    float largest = x[0];
    for (size_t i = 1; i < columns; i++) largest = x[i] > largest ? x[i] : largest;
    for (size_t i = 0; i < columns; i++) x[i] = KERNEL(exponential)((x[i] - largest) * scale);
    float sum = 0.0f;
    for (size_t i = 0; i < columns; i++) sum += x[i];
    float inverse = 1.0f / sum;
    for (size_t i = 0; i < columns; i++) x[i] *= inverse;
  }
}

static void KERNEL(layer_norm)(float *x, const float *bias, const float *residual,
                               const float *gain, const float *offset, size_t rows, size_t columns,
                               float epsilon) {
#pragma clang fp reassociate(on) contract(fast)
  for (size_t row = 0; row < rows; row++, x += columns, residual += columns) {
    float sum = 0.0f;
    for (size_t i = 0; i < columns; i++) {
      float v = x[i] + bias[i] + residual[i];
      x[i] = v;
      sum += v;
    }
    float mean = sum / (float)columns;
    float squares = 0.0f;
    for (size_t i = 0; i < columns; i++) squares += (x[i] - mean) * (x[i] - mean);
    float inverse = 1.0f / sqrtf(squares / (float)columns + epsilon);
    for (size_t i = 0; i < columns; i++) x[i] = (x[i] - mean) * inverse * gain[i] + offset[i];
  }
}

static float KERNEL(mean_pool)(const float *x, float *output, size_t rows, size_t columns) {
#pragma clang fp reassociate(on) contract(fast)
  for (size_t i = 0; i < columns; i++) output[i] = 0.0f;
  for (size_t row = 0; row < rows; row++, x += columns) {
    for (size_t i = 0; i < columns; i++) output[i] += x[i];
  }
  float squares = 0.0f;
  for (size_t i = 0; i < columns; i++) {
    output[i] /= (float)rows;
    squares += output[i] * output[i];
  }
  float length = sqrtf(squares);
  for (size_t i = 0; i < columns; i++) output[i] /= length;
  return length;
}

static void KERNEL(normalize_rows)(float *x, size_t rows, size_t columns) {
#pragma clang fp reassociate(on) contract(fast)
  for (size_t row = 0; row < rows; row++, x += columns) {
    float squares = 0.0f;
    for (size_t i = 0; i < columns; i++) squares += x[i] * x[i];
    if (squares <= 0.0f) continue;
    float inverse = 1.0f / sqrtf(squares);
    for (size_t i = 0; i < columns; i++) x[i] *= inverse;
  }
}

// A row of bits is written out as signs a piece at a time, and every vector is multiplied by it.
static void KERNEL(best_bit_matches)(const float *x, size_t rows, const unsigned char *bits,
                                     size_t bit_rows, size_t columns, float *best) {
#pragma clang fp reassociate(on) contract(fast)
  enum { PIECE = 512 };
  float signs[PIECE];
  float scale = 1.0f / sqrtf((float)columns);
  for (size_t row = 0; row < rows; row++) best[row] = -INFINITY;
  for (size_t token = 0; token < bit_rows; token++, bits += columns / 8) {
    if (columns <= PIECE) {
      for (size_t i = 0; i < columns; i++) {
        signs[i] = (float)(((bits[i >> 3] >> (i & 7)) & 1) * 2 - 1);
      }
    }
    for (size_t row = 0; row < rows; row++) {
      const float *vector = x + row * columns;
      float sum = 0.0f;
      if (columns <= PIECE) {
        for (size_t i = 0; i < columns; i++) sum += vector[i] * signs[i];
      } else {
        for (size_t i = 0; i < columns; i++) {
          sum += vector[i] * (float)(((bits[i >> 3] >> (i & 7)) & 1) * 2 - 1);
        }
      }
      if (sum * scale > best[row]) best[row] = sum * scale;
    }
  }
}
