// One vectorised kernel set, stamped out by every inclusion. Before including define
//   VK_SUFFIX      a token that ends the names of the set
//   VK_ATTRIBUTES  the target attribute, or nothing
//
// The per-pair functions stay out of line: inlined into different loops they could be vectorised
// differently, and the same pair would get different scores.

#define VK_JOIN2(a, b) a##_##b
#define VK_JOIN(a, b) VK_JOIN2(a, b)
#define VK_FN(name) VK_JOIN(name, VK_SUFFIX)

VK_ATTRIBUTES __attribute__((noinline)) static float VK_FN(dot)(
    const float *restrict a, const float *restrict b, size_t dimension) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < dimension; i++) {
    sum += a[i] * b[i];
  }
  return sum;
}

VK_ATTRIBUTES __attribute__((noinline)) static float VK_FN(squared_l2)(
    const float *restrict a, const float *restrict b, size_t dimension) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < dimension; i++) {
    float difference = a[i] - b[i];
    sum += difference * difference;
  }
  return sum;
}

VK_ATTRIBUTES __attribute__((noinline)) static float VK_FN(l1)(
    const float *restrict a, const float *restrict b, size_t dimension) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < dimension; i++) {
    sum += __builtin_fabsf(a[i] - b[i]);
  }
  return sum;
}

#define VK_SET_INITIALIZER {VK_FN(dot), VK_FN(squared_l2), VK_FN(l1)}

static const vk_pair_function VK_FN(set)[VK_METRICS] = VK_SET_INITIALIZER;

#undef VK_SET_INITIALIZER
#undef VK_FN
#undef VK_JOIN
#undef VK_JOIN2
#undef VK_SUFFIX
#undef VK_ATTRIBUTES
