// `vk_max_similarity` for one instruction set, stamped out by every inclusion. Before including
// define VK_SUFFIX and VK_ATTRIBUTES as for RowKernels.h, and
//   VK_MANY         rows of a large tile
//   VK_FEW          rows of a small one
//   VK_PAIRS        1 if a tile may have two panels, else 0

#define VK_JOIN2(a, b) a##_##b
#define VK_JOIN(a, b) VK_JOIN2(a, b)
#define VK_FN(name) VK_JOIN(name, VK_SUFFIX)

#define VK_TILE(metric) VK_FN(many_##metric)
#define VK_TILE_ROWS VK_MANY
#define VK_TILE_PANELS 1
#include "MaxSimTile.h"

#define VK_TILE(metric) VK_FN(few_##metric)
#define VK_TILE_ROWS VK_FEW
#define VK_TILE_PANELS 1
#include "MaxSimTile.h"

#define VK_TILE(metric) VK_FN(one_##metric)
#define VK_TILE_ROWS 1
#define VK_TILE_PANELS 1
#include "MaxSimTile.h"

#if VK_PAIRS
#define VK_TILE(metric) VK_FN(many_pairs_##metric)
#define VK_TILE_ROWS VK_MANY
#define VK_TILE_PANELS 2
#include "MaxSimTile.h"

#define VK_TILE(metric) VK_FN(few_pairs_##metric)
#define VK_TILE_ROWS VK_FEW
#define VK_TILE_PANELS 2
#include "MaxSimTile.h"

#define VK_TILE(metric) VK_FN(one_pairs_##metric)
#define VK_TILE_ROWS 1
#define VK_TILE_PANELS 2
#include "MaxSimTile.h"

#define VK_TILES(metric)                                                                   \
  {                                                                                        \
    {VK_FN(one_##metric), VK_FN(few_##metric), VK_FN(many_##metric)},                      \
        {VK_FN(one_pairs_##metric), VK_FN(few_pairs_##metric), VK_FN(many_pairs_##metric)} \
  }
#else
#define VK_TILES(metric) \
  { {VK_FN(one_##metric), VK_FN(few_##metric), VK_FN(many_##metric)}, {NULL, NULL, NULL} }
#endif

static const max_set VK_FN(max_set) = {
    VK_FEW, VK_MANY, {VK_TILES(dot), VK_TILES(squared_l2), VK_TILES(l1)}};

#undef VK_TILES
#undef VK_FN
#undef VK_JOIN
#undef VK_JOIN2
#undef VK_SUFFIX
#undef VK_ATTRIBUTES
#undef VK_MANY
#undef VK_FEW
#undef VK_PAIRS
