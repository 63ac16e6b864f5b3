// Element-wise loops of the sentence-embedding model. Matrices are row-major, rows × columns.
#ifndef QUIVER_CEMBEDDING_KERNELS_H
#define QUIVER_CEMBEDDING_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// The widest instruction set of this machine that the kernels have a version for:
/// "avx512", "avx2", "neon" or "baseline".
const char *embedding_kernels_instruction_set(void);

/// x += bias, for every row.
void embedding_add_bias(float *x, const float *bias, size_t rows, size_t columns);

/// x = gelu(x + bias) for every row, gelu(v) = v · (1 + erf(v / √2)) / 2.
///
/// The error function is formula 7.1.26 of Abramowitz and Stegun; with single-precision rounding
/// the absolute error of gelu(v) is below 1e-6 · max(1, |v|).
void embedding_gelu(float *x, const float *bias, size_t rows, size_t columns);

/// Every row of x becomes softmax(scale · row). The exponential has a relative error below 4e-7.
void embedding_softmax(float *x, float scale, size_t rows, size_t columns);

/// x = layer_norm(x + bias + residual) · gain + offset, for every row. `bias` has one row.
void embedding_layer_norm(float *x, const float *bias, const float *residual, const float *gain,
                          const float *offset, size_t rows, size_t columns, float epsilon);

/// output = mean of the rows of x, scaled to length 1. Returns the length before scaling (0 or a
/// value that is not finite means that output is not usable).
float embedding_mean_pool(const float *x, float *output, size_t rows, size_t columns);

/// Brings every row of x to length 1; a row of zeros stays.
void embedding_normalize_rows(float *x, size_t rows, size_t columns);

/// For each of `rows` vectors of x the greatest dot product with a row of `bits`, which stand for
/// +1 and -1, over the square root of `columns`: about the cosine with the vector that the bits
/// are the signs of. `columns` is a multiple of 8; a row of bits has columns / 8 bytes.
void embedding_best_bit_matches(const float *x, size_t rows, const unsigned char *bits,
                                size_t bit_rows, size_t columns, float *best);

/// output = `count` weights, a multiple of 32, of blocks of 18 bytes: a scale of 16 bits, then four
/// bits a weight, 8 more than it is, the first sixteen in the lower halves.
void embedding_unpack_4bit(const void *blocks, size_t count, float *output);

/// Whether this machine has the instructions for bfloat16 and products of bytes that the functions
/// below need; where it does not, they must not be called.
int embedding_has_bf16(void);

/// Brings weight · scale, outputs × inputs, into the order that the products take, rounded: 64
/// outputs at a time, of which `outputs` is a multiple; `inputs` is even.
void embedding_pack_bf16(const float *weight, float scale, uint16_t *packed, size_t outputs,
                         size_t inputs);

/// output (rows × outputs) = input (rows × inputs) · weightᵀ + bias, summed in single precision.
void embedding_multiply_bf16(const uint16_t *input, const uint16_t *packed, const float *bias,
                             float *output, size_t rows, size_t outputs, size_t inputs);

/// The same, rounded.
void embedding_multiply_rounded_bf16(const uint16_t *input, const uint16_t *packed,
                                     const float *bias, uint16_t *output, size_t rows,
                                     size_t outputs, size_t inputs);

/// Brings weight, outputs × inputs with its columns times `weigh`, into bytes in the order that the
/// product takes. An output is its byte times its scale; `starts` is what a sum begins with.
void embedding_pack_int8(const float *weight, const float *weigh, int8_t *packed, float *scales,
                         int32_t *starts, size_t outputs, size_t inputs);

/// output = gelu(input · weightᵀ + bias), rounded, of rows of bytes with their steps.
void embedding_multiply_gelu_int8(const uint8_t *input, const float *steps, const int8_t *packed,
                                  const float *scales, const int32_t *starts, const float *bias,
                                  uint16_t *output, size_t rows, size_t outputs, size_t inputs);

/// x = layer_norm(x + residual) · gain + offset, for every row, and x times `shrink` as bytes, 128
/// for zero, each row with its own step. `columns` is a multiple of 16.
void embedding_layer_norm_int8(float *x, const float *residual, const float *gain,
                               const float *offset, const float *shrink, uint8_t *bytes,
                               float *steps, size_t rows, size_t columns, float epsilon);

/// x = layer_norm(x + residual) · gain + offset, for every row, and a rounded copy of it.
/// `columns` is a multiple of 16.
void embedding_layer_norm_bf16(float *x, const float *residual, const float *gain,
                               const float *offset, uint16_t *copy, size_t rows, size_t columns,
                               float epsilon);

/// copy = x, rounded. `count` is a multiple of 16.
void embedding_round_bf16(const float *x, uint16_t *copy, size_t count);

/// Bytes that `embedding_attend_bf16` needs for a text of `count` tokens.
size_t embedding_attention_scratch_bf16(size_t count);

/// Attention of a text over itself, in heads of 32 components. `projected` has a row of 3 · width
/// for each token: query, key and value; queries hold the scale of the scores and the binary
/// logarithm of e as factors. `context` takes rows of `width`.
void embedding_attend_bf16(const uint16_t *projected, uint16_t *context, size_t count,
                           size_t width, void *scratch);

#endif
