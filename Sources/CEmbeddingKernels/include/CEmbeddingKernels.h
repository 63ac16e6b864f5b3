// Element-wise loops of the sentence-embedding model. Matrices are row-major, rows × columns.
#ifndef QUIVER_CEMBEDDING_KERNELS_H
#define QUIVER_CEMBEDDING_KERNELS_H

#include <stddef.h>

/// The widest instruction set of this machine that the kernels have a version for:
/// "avx512", "avx2" or "baseline".
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

#endif
