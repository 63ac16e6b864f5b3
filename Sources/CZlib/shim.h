#pragma once

// zlib: gzip and deflate.
#include <zlib.h>

// What zlib calls by macros, which Swift does not see.
static inline int quiver_inflate_init(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}

static inline int quiver_deflate_init(z_stream *stream, int level, int window_bits) {
  return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
