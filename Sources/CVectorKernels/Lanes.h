// Sixteen floats or integers at once, in whatever registers the CPU has. The compiler lowers the
// operations lane by lane, so results do not depend on the instruction set as long as products
// and sums are not contracted.
#ifndef QUIVER_LANES_H
#define QUIVER_LANES_H

#include <stddef.h>
#include <stdint.h>

typedef float lanes __attribute__((vector_size(64), aligned(4)));
typedef int32_t int_lanes __attribute__((vector_size(64), aligned(4)));

#define VK_LOAD(pointer) (*(const lanes *)(pointer))
#define VK_STORE(pointer, value) (*(lanes *)(pointer) = (value))
/// All lanes alike.
#define VK_FILL(value) ((lanes){0} + (value))
/// By a mask of a comparison: `a` where it is set, else `b`.
#define VK_SELECT(mask, a, b) \
  ((lanes)(((mask) & (int_lanes)(a)) | (~(mask) & (int_lanes)(b))))

#endif
