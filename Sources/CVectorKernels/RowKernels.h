// One vectorised kernel set, stamped out by every inclusion. Before including define
//   VK_SUFFIX      a token that ends the names of the set
//   VK_ATTRIBUTES  the target attribute, or nothing

#define VK_JOIN2(a, b) a##_##b
#define VK_JOIN(a, b) VK_JOIN2(a, b)
#define VK_FN(name) VK_JOIN(name, VK_SUFFIX)

#define VK_NUMBER(name) name
#define VK_TYPE float
#include "PairKernels.h"
#undef VK_TYPE
#undef VK_NUMBER

#define VK_NUMBER(name) half_##name
#define VK_TYPE _Float16
#include "PairKernels.h"
#undef VK_TYPE
#undef VK_NUMBER

// Sums of bytes are whole numbers below 2^32 up to 65,536 dimensions: exact until they are rounded.

VK_ATTRIBUTES __attribute__((noinline)) static float VK_FN(byte_dot)(
    const void *restrict first, const void *restrict second, size_t dimension) {
  return (float)byte_dot_sum(first, second, dimension);
}

VK_ATTRIBUTES __attribute__((noinline)) static float VK_FN(byte_squared_l2)(
    const void *restrict first, const void *restrict second, size_t dimension) {
  return (float)byte_squared_l2_sum(first, second, dimension);
}

VK_ATTRIBUTES __attribute__((noinline)) static float VK_FN(byte_l1)(
    const void *restrict first, const void *restrict second, size_t dimension) {
  return (float)byte_l1_sum(first, second, dimension);
}

VK_ATTRIBUTES __attribute__((noinline)) static float VK_FN(byte_cosine)(
    const void *restrict first, const void *restrict second, size_t dimension) {
  return byte_cosine_quotient(first, second, dimension);
}

VK_ATTRIBUTES __attribute__((noinline)) static void VK_FN(byte_widen)(
    const void *restrict numbers, size_t count, float *restrict out) {
  const uint8_t *restrict values = numbers;
  for (size_t i = 0; i < count; i++) {
    out[i] = (float)values[i];
  }
}

VK_ATTRIBUTES __attribute__((noinline)) static void VK_FN(narrow)(
    const float *restrict numbers, size_t count, void *restrict out) {
  _Float16 *restrict halves = out;
  for (size_t i = 0; i < count; i++) {
    float number = numbers[i];
    float bounded = number > greatest_half ? greatest_half : number;
    bounded = bounded < -greatest_half ? -greatest_half : bounded;
    halves[i] = (_Float16)(__builtin_fabsf(number) == __builtin_inff() ? number : bounded);
  }
}

#define VK_SET_INITIALIZER                                                               \
  {{{VK_FN(dot), VK_FN(squared_l2), VK_FN(l1), VK_FN(cosine)},                           \
    {VK_FN(half_dot), VK_FN(half_squared_l2), VK_FN(half_l1), VK_FN(half_cosine)},       \
    {VK_FN(byte_dot), VK_FN(byte_squared_l2), VK_FN(byte_l1), VK_FN(byte_cosine)}},      \
   {VK_FN(widen), VK_FN(half_widen), VK_FN(byte_widen)},                                 \
   VK_FN(narrow)}

static const row_set VK_FN(set) = VK_SET_INITIALIZER;

#undef VK_SET_INITIALIZER
#undef VK_FN
#undef VK_JOIN
#undef VK_JOIN2
#undef VK_SUFFIX
#undef VK_ATTRIBUTES
