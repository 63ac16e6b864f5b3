// The matrix products and the attention of the model in bfloat16 with sums in single precision, and
// one product in bytes: the loops, which are the same for every processor that has instructions for
// both. The including file defines RESULT, what stands before a function, INLINE, the same for one
// that is inlined, the sizes TILE, LANES and SCORES, the types `floats`, `ints`, `pairs` and
// `quads`, and what is done with them.

// Registers of sums a row of a tile, and the outputs in them.
enum { PARTS = 4, PART = PARTS * LANES };
// Components of a head and pairs of them.
enum { HEAD = 32, PAIRS = 16 };
// Keys are brought to a multiple of this.
enum { KEYS = 16 };

// 2^x for x <= 0: 2^n · 2^r with n whole and |r| <= 1/2; a polynomial of degree 5, relative error
// 2e-6, far below what bfloat16 keeps.
INLINE floats exponential2(floats x) {
  x = bounded(x);
  floats n = nearest(x), r = sub(x, n);
  floats p = splat(1.333355814e-3f);
  p = madd(p, r, splat(9.618129107e-3f));
  p = madd(p, r, splat(5.550410866e-2f));
  p = madd(p, r, splat(2.402265069e-1f));
  p = madd(p, r, splat(6.931471806e-1f));
  p = madd(p, r, splat(1.0f));
  return doubled(p, n);
}

// As the loops in single precision have it: formula 7.1.26 of Abramowitz and Stegun.
INLINE floats gelu(floats v) {
  floats a = mul(absolute(v), splat(0.707106781f));
  floats t = reciprocal(madd(a, splat(0.3275911f), splat(1.0f)));
  floats p = splat(1.061405429f);
  p = madd(p, t, splat(-1.453152027f));
  p = madd(p, t, splat(1.421413741f));
  p = madd(p, t, splat(-0.284496736f));
  p = madd(p, t, splat(0.254829592f));
  floats square = mul(a, mul(a, splat(-1.44269504f)));
  floats tail = mul(mul(p, t), exponential2(square));
  tail = mul(tail, splat(0.5f));
  return mul(v, by_sign(v, tail, sub(splat(1.0f), tail)));
}

enum ending { PLAIN, ROUNDED };

// `rows` rows, a constant where this is inlined, of the outputs in a row's registers.
INLINE void tile(const uint16_t *input, const uint16_t *panel, const float *bias, size_t rows,
                 size_t inputs, size_t outputs, void *output, enum ending ending) {
  floats sum[TILE][PARTS];
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    for (size_t part = 0; part < PARTS; part++) sum[row][part] = load(bias + LANES * part);
  }
  for (size_t i = 0; i < inputs; i += 2, panel += 2 * PANEL) {
    pairs weight[PARTS];
#pragma clang loop unroll(full)
    for (size_t part = 0; part < PARTS; part++) weight[part] = load_pairs(panel + 2 * LANES * part);
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      pairs value = splat_pair(input + row * inputs + i);
#pragma clang loop unroll(full)
      for (size_t part = 0; part < PARTS; part++) {
        sum[row][part] = dot_pairs(sum[row][part], value, weight[part]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
#pragma clang loop unroll(full)
    for (size_t part = 0; part < PARTS; part++) {
      size_t place = row * outputs + LANES * part;
      if (ending == PLAIN) {
        store((float *)output + place, sum[row][part]);
      } else {
        store_rounded((uint16_t *)output + place, sum[row][part]);
      }
    }
  }
}

// Calls `work(row, rows)` with constant `rows` for all of `count` rows. The last tile does some
// rows again; few rows go one by one.
#define TILED(count, work)                                                    \
  for (size_t row = 0, rows = (count); row < rows;) {                         \
    if (rows < TILE) {                                                        \
      work(row, 1);                                                           \
      row += 1;                                                               \
    } else {                                                                  \
      if (row + TILE > rows) row = rows - TILE;                               \
      work(row, TILE);                                                        \
      row += TILE;                                                            \
    }                                                                         \
  }

INLINE void product(const uint16_t *input, const uint16_t *packed, const float *bias, size_t count,
                    size_t outputs, size_t inputs, void *output, enum ending ending) {
  size_t width = ending == PLAIN ? sizeof(float) : sizeof(uint16_t);
  for (size_t first = 0; first < outputs; first += PART) {
    const uint16_t *panel = packed + first / PANEL * PANEL * inputs + first % PANEL * 2;
    char *place = (char *)output + first * width;
#define WORK(row, rows)                                                \
  tile(input + row * inputs, panel, bias + first, rows, inputs, outputs, \
       place + row * outputs * width, ending)
    TILED(count, WORK)
#undef WORK
  }
}

RESULT void embedding_multiply_bf16(const uint16_t *input, const uint16_t *packed,
                                    const float *bias, float *output, size_t rows, size_t outputs,
                                    size_t inputs) {
  product(input, packed, bias, rows, outputs, inputs, output, PLAIN);
}

RESULT void embedding_multiply_rounded_bf16(const uint16_t *input, const uint16_t *packed,
                                            const float *bias, uint16_t *output, size_t rows,
                                            size_t outputs, size_t inputs) {
  product(input, packed, bias, rows, outputs, inputs, output, ROUNDED);
}

INLINE void byte_tile(const uint8_t *input, const float *steps, const int8_t *panel,
                      const float *scales, const int32_t *starts, const float *bias, size_t rows,
                      size_t inputs, size_t outputs, uint16_t *output) {
  ints sum[TILE][PARTS];
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    for (size_t part = 0; part < PARTS; part++) sum[row][part] = load_ints(starts + LANES * part);
  }
  for (size_t i = 0; i < inputs; i += 4, panel += 4 * PANEL) {
    quads weight[PARTS];
#pragma clang loop unroll(full)
    for (size_t part = 0; part < PARTS; part++) weight[part] = load_quads(panel + 4 * LANES * part);
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      bytes value = splat_quad(input + row * inputs + i);
#pragma clang loop unroll(full)
      for (size_t part = 0; part < PARTS; part++) {
        sum[row][part] = dot_quads(sum[row][part], value, weight[part]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    floats step = splat(steps[row]);
#pragma clang loop unroll(full)
    for (size_t part = 0; part < PARTS; part++) {
      floats scale = mul(step, load(scales + LANES * part));
      floats value = madd(converted(sum[row][part]), scale, load(bias + LANES * part));
      store_rounded(output + row * outputs + LANES * part, gelu(value));
    }
  }
}

RESULT void embedding_multiply_gelu_int8(const uint8_t *input, const float *steps,
                                         const int8_t *packed, const float *scales,
                                         const int32_t *starts, const float *bias, uint16_t *output,
                                         size_t count, size_t outputs, size_t inputs) {
  for (size_t first = 0; first < outputs; first += PART) {
    const int8_t *panel = packed + first / PANEL * PANEL * inputs + first % PANEL * 4;
#define WORK(row, rows)                                                               \
  byte_tile(input + row * inputs, steps + row, panel, scales + first, starts + first, \
            bias + first, rows, inputs, outputs, output + row * outputs + first)
    TILED(count, WORK)
#undef WORK
  }
}

INLINE void quantize(const float *x, const float *shrink, uint8_t *bytes, float *step,
                     size_t columns) {
  floats most = splat(0.0f);
  for (size_t i = 0; i < columns; i += LANES) {
    most = greater(most, absolute(mul(load(x + i), load(shrink + i))));
  }
  float greatest = greatest_of(most);
  *step = greatest / 127.0f;
  floats inverse = splat(greatest > 0.0f ? 127.0f / greatest : 0.0f);
  for (size_t i = 0; i < columns; i += LANES) {
    store_bytes(bytes + i, mul(mul(load(x + i), load(shrink + i)), inverse));
  }
}

INLINE void normalize(float *x, const float *residual, const float *gain, const float *offset,
                      size_t columns, float epsilon) {
  floats sums = splat(0.0f);
  for (size_t i = 0; i < columns; i += LANES) {
    floats v = add(load(x + i), load(residual + i));
    store(x + i, v);
    sums = add(sums, v);
  }
  floats mean = splat(sum_of(sums) / (float)columns);
  floats squares = splat(0.0f);
  for (size_t i = 0; i < columns; i += LANES) {
    floats v = sub(load(x + i), mean);
    squares = madd(v, v, squares);
  }
  float variance = sum_of(squares) / (float)columns;
  floats inverse = splat(1.0f / sqrtf(variance + epsilon));
  for (size_t i = 0; i < columns; i += LANES) {
    floats v = mul(sub(load(x + i), mean), inverse);
    store(x + i, madd(v, load(gain + i), load(offset + i)));
  }
}

RESULT void embedding_layer_norm_int8(float *x, const float *residual, const float *gain,
                                      const float *offset, const float *shrink, uint8_t *bytes,
                                      float *steps, size_t rows, size_t columns, float epsilon) {
  for (size_t row = 0; row < rows; row++) {
    normalize(x, residual, gain, offset, columns, epsilon);
    quantize(x, shrink, bytes, steps + row, columns);
    x += columns;
    residual += columns;
    bytes += columns;
  }
}

RESULT void embedding_round_bf16(const float *x, uint16_t *copy, size_t count) {
  for (size_t i = 0; i < count; i += LANES) store_rounded(copy + i, load(x + i));
}

RESULT void embedding_layer_norm_bf16(float *x, const float *residual, const float *gain,
                                      const float *offset, uint16_t *copy, size_t rows,
                                      size_t columns, float epsilon) {
  for (size_t row = 0; row < rows; row++) {
    normalize(x, residual, gain, offset, columns, epsilon);
    embedding_round_bf16(x, copy, columns);
    x += columns;
    residual += columns;
    copy += columns;
  }
}

// Keys as [pair][key] and values as [pair of keys][component]: what the products take. Zeros stand
// for what is beyond `count`.
INLINE void arrange(const uint16_t *keys, const uint16_t *values, size_t stride, size_t count,
                    size_t padded, uint32_t *turned, uint32_t *joined) {
  static const uint16_t none[HEAD];
  for (size_t key = 0; key < padded; key++) {
    uint32_t row[PAIRS];
    memcpy(row, key < count ? keys + key * stride : none, sizeof row);
    for (size_t p = 0; p < PAIRS; p++) turned[p * padded + key] = row[p];
  }
  for (size_t key = 0; key < padded; key += 2, joined += HEAD) {
    join(key < count ? values + key * stride : none,
         key + 1 < count ? values + (key + 1) * stride : none, joined);
  }
}

// The products of rows with `parts` registers of the columns of `columns`, [pair][column], added to
// `starts` where there are any.
INLINE void combine(const uint16_t *from, size_t stride, const uint32_t *columns, size_t width,
                    size_t depth, const float *starts, size_t rows, size_t parts,
                    floats sum[TILE][SCORES]) {
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    for (size_t part = 0; part < parts; part++) {
      sum[row][part] = starts ? load(starts + LANES * part) : splat(0.0f);
    }
  }
  for (size_t p = 0; p < depth; p++, columns += width) {
    pairs column[SCORES];
#pragma clang loop unroll(full)
    for (size_t part = 0; part < parts; part++) column[part] = load_pairs(columns + LANES * part);
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      pairs value = splat_pair(from + row * stride + 2 * p);
#pragma clang loop unroll(full)
      for (size_t part = 0; part < parts; part++) {
        sum[row][part] = dot_pairs(sum[row][part], value, column[part]);
      }
    }
  }
}

// Scores become 2^(score - greatest), rounded, in `shares`; gives one over their sum.
INLINE float soften(const float *scores, uint16_t *shares, size_t padded) {
  floats most = load(scores), sum = splat(0.0f);
  for (size_t i = LANES; i < padded; i += LANES) most = greater(most, load(scores + i));
  floats greatest = splat(greatest_of(most));
  for (size_t i = 0; i < padded; i += LANES) {
    floats v = exponential2(sub(load(scores + i), greatest));
    sum = add(sum, v);
    store_rounded(shares + i, v);
  }
  return 1.0f / sum_of(sum);
}

// Where the attention of one head keeps what it works on.
struct scratch {
  // What scores begin with: nothing or, beyond the last key, what leaves no share.
  float *starts;
  uint32_t *turned, *joined;
  float *scores;
  uint16_t *shares;
};

INLINE void score(const uint16_t *queries, size_t stride, struct scratch at, size_t first,
                  size_t rows, size_t parts, size_t padded) {
  floats sum[TILE][SCORES];
  combine(queries, stride, at.turned + first, padded, PAIRS, at.starts + first, rows, parts, sum);
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++) {
    for (size_t part = 0; part < parts; part++) {
      store(at.scores + row * padded + first + LANES * part, sum[row][part]);
    }
  }
}

INLINE void attend(const uint16_t *queries, size_t stride, struct scratch at, uint16_t *context,
                   size_t width, size_t rows, size_t padded) {
  enum { STEP = SCORES * LANES };
  float inverse[TILE];
  size_t first = 0;
  for (; first + STEP <= padded; first += STEP) {
    score(queries, stride, at, first, rows, SCORES, padded);
  }
  for (; first < padded; first += LANES) score(queries, stride, at, first, rows, 1, padded);
  for (size_t row = 0; row < rows; row++) {
    inverse[row] = soften(at.scores + row * padded, at.shares + row * padded, padded);
  }
  for (first = 0; first < HEAD; first += STEP) {
    floats sum[TILE][SCORES];
    combine(at.shares, padded, at.joined + first, HEAD, padded / 2, NULL, rows, SCORES, sum);
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      for (size_t part = 0; part < SCORES; part++) {
        store_rounded(context + row * width + first + LANES * part,
                      mul(sum[row][part], splat(inverse[row])));
      }
    }
  }
}

size_t embedding_attention_scratch_bf16(size_t count) {
  size_t padded = (count + KEYS - 1) / KEYS * KEYS;
  return padded * (1 + PAIRS + HEAD / 2 + TILE + TILE / 2) * sizeof(uint32_t);
}

// Scores, softmax and the mixture of values of a few rows at a time, so that no matrix of scores is
// ever written out.
RESULT void embedding_attend_bf16(const uint16_t *projected, uint16_t *context, size_t count,
                                  size_t width, void *memory) {
  size_t padded = (count + KEYS - 1) / KEYS * KEYS, stride = 3 * width;
  struct scratch at = {.starts = memory};
  at.turned = (uint32_t *)at.starts + padded;
  at.joined = at.turned + PAIRS * padded;
  at.scores = (float *)(at.joined + padded / 2 * HEAD);
  at.shares = (uint16_t *)(at.scores + TILE * padded);
  for (size_t i = 0; i < padded; i++) at.starts[i] = i < count ? 0.0f : -1e30f;
  for (size_t head = 0; head < width; head += HEAD) {
    const uint16_t *queries = projected + head;
    arrange(queries + width, queries + 2 * width, stride, count, padded, at.turned, at.joined);
#define WORK(row, rows) \
  attend(queries + row * stride, stride, at, context + row * width + head, width, rows, padded)
    TILED(count, WORK)
#undef WORK
  }
}
