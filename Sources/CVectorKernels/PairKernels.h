// The kernels of one set for numbers of one floating-point type, stamped out by every inclusion.
// Before including define, beside what RowKernels.h wants,
//   VK_NUMBER(name)  the name of a kernel for this type
//   VK_TYPE          the type
//
// The per-pair functions stay out of line: inlined into different loops they could be vectorised
// differently, and the same pair would get different scores. Short vectors are added up in order,
// every product rounded, by every set: so does Qdrant's engine.

VK_ATTRIBUTES __attribute__((noinline)) static float VK_FN(VK_NUMBER(dot))(
    const void *restrict first, const void *restrict second, size_t dimension) {
#pragma clang fp reassociate(on) contract(fast)
  const VK_TYPE *restrict a = first;
  const VK_TYPE *restrict b = second;
  if (dimension < short_dimensions) {
#pragma clang fp reassociate(off) contract(off)
    float sum = 0;
    for (size_t i = 0; i < dimension; i++) {
      sum += (float)a[i] * (float)b[i];
    }
    return sum;
  }
  float sum = 0;
  for (size_t i = 0; i < dimension; i++) {
    sum += (float)a[i] * (float)b[i];
  }
  return sum;
}

VK_ATTRIBUTES __attribute__((noinline)) static float VK_FN(VK_NUMBER(squared_l2))(
    const void *restrict first, const void *restrict second, size_t dimension) {
#pragma clang fp reassociate(on) contract(fast)
  const VK_TYPE *restrict a = first;
  const VK_TYPE *restrict b = second;
  if (dimension < short_dimensions) {
#pragma clang fp reassociate(off) contract(off)
    float sum = 0;
    for (size_t i = 0; i < dimension; i++) {
      float difference = (float)a[i] - (float)b[i];
      sum += difference * difference;
    }
    return sum;
  }
  float sum = 0;
  for (size_t i = 0; i < dimension; i++) {
    float difference = (float)a[i] - (float)b[i];
    sum += difference * difference;
  }
  return sum;
}

VK_ATTRIBUTES __attribute__((noinline)) static float VK_FN(VK_NUMBER(l1))(
    const void *restrict first, const void *restrict second, size_t dimension) {
#pragma clang fp reassociate(on) contract(fast)
  const VK_TYPE *restrict a = first;
  const VK_TYPE *restrict b = second;
  if (dimension < short_dimensions) {
#pragma clang fp reassociate(off) contract(off)
    float sum = 0;
    for (size_t i = 0; i < dimension; i++) {
      sum += __builtin_fabsf((float)a[i] - (float)b[i]);
    }
    return sum;
  }
  float sum = 0;
  for (size_t i = 0; i < dimension; i++) {
    sum += __builtin_fabsf((float)a[i] - (float)b[i]);
  }
  return sum;
}

VK_ATTRIBUTES __attribute__((noinline)) static float VK_FN(VK_NUMBER(cosine))(
    const void *restrict first, const void *restrict second, size_t dimension) {
#pragma clang fp reassociate(on) contract(fast)
  const VK_TYPE *restrict a = first;
  const VK_TYPE *restrict b = second;
  float sum = 0;
  float squares_a = 0;
  float squares_b = 0;
  for (size_t i = 0; i < dimension; i++) {
    sum += (float)a[i] * (float)b[i];
    squares_a += (float)a[i] * (float)a[i];
    squares_b += (float)b[i] * (float)b[i];
  }
  return cosine_of(sum, squares_a, squares_b);
}

VK_ATTRIBUTES __attribute__((noinline)) static void VK_FN(VK_NUMBER(widen))(
    const void *restrict numbers, size_t count, float *restrict out) {
  const VK_TYPE *restrict values = numbers;
  for (size_t i = 0; i < count; i++) {
    out[i] = (float)values[i];
  }
}
