#include "CSimdJSON.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

struct csimdjson_parser {
  simdjson::dom::parser parser;
  std::unique_ptr<uint8_t[]> input;
  size_t capacity = 0;
};

namespace {

constexpr size_t smallest_capacity = size_t{16} << 10;
constexpr size_t largest_doubled_capacity = size_t{4} << 20;
constexpr size_t growth_step = size_t{2} << 20;

// Powers of two while small, so that a pooled parser settles after a few growths. Larger bodies
// get hardly more than they need, as the tape alone has eight times the input: enough for the next
// body of its kind. Pages that no body reaches are never there.
size_t rounded_capacity(size_t count) {
  if (count > largest_doubled_capacity) return (count / growth_step + 1) * growth_step;
  size_t capacity = smallest_capacity;
  while (capacity < count) capacity *= 2;
  return capacity;
}

simdjson::error_code reserve(csimdjson_parser &self, size_t count, size_t max_depth) {
  if (self.capacity < count || self.capacity == 0) {
    const size_t target = rounded_capacity(count);
    self.capacity = 0;
    self.input.reset();
    if (auto error = self.parser.doc.allocate(target)) return error;
    if (auto error = self.parser.allocate(target, max_depth)) return error;
    self.input.reset(new (std::nothrow) uint8_t[target + simdjson::SIMDJSON_PADDING]);
    if (!self.input) return simdjson::MEMALLOC;
    self.capacity = target;
  } else if (self.parser.max_depth() != max_depth) {
    return self.parser.allocate(self.capacity, max_depth);
  }
  return simdjson::SUCCESS;
}

csimdjson_status status_of(simdjson::error_code error) {
  switch (error) {
  case simdjson::SUCCESS:
    return csimdjson_ok;
  case simdjson::MEMALLOC:
    return csimdjson_out_of_memory;
  case simdjson::CAPACITY:
    return csimdjson_too_large;
  case simdjson::DEPTH_ERROR:
    return csimdjson_too_deep;
  case simdjson::NUMBER_ERROR:
  case simdjson::NUMBER_OUT_OF_RANGE:
    return csimdjson_number_error;
  case simdjson::UTF8_ERROR:
    return csimdjson_utf8_error;
  default:
    return csimdjson_syntax_error;
  }
}

} // namespace

csimdjson_parser *csimdjson_parser_create(void) noexcept {
  return new (std::nothrow) csimdjson_parser;
}

void csimdjson_parser_destroy(csimdjson_parser *parser) noexcept { delete parser; }

size_t csimdjson_parser_capacity(const csimdjson_parser *parser) noexcept {
  return parser->capacity;
}

csimdjson_status csimdjson_reserve(csimdjson_parser *parser, size_t count, size_t max_depth,
                                   uint8_t **input) noexcept {
  if (count > simdjson::SIMDJSON_MAXSIZE_BYTES) return csimdjson_too_large;
  // simdjson refuses the level that equals its limit, and level 0 is the document itself.
  if (auto error = reserve(*parser, count, max_depth + 1)) return status_of(error);
  *input = parser->input.get();
  return csimdjson_ok;
}

csimdjson_status csimdjson_parse(csimdjson_parser *parser, size_t count,
                                 csimdjson_view *view) noexcept {
  uint8_t *input = parser->input.get();
  std::memset(input + count, 0, simdjson::SIMDJSON_PADDING);
  const auto error = parser->parser.parse(input, count, false).error();
  if (error) return status_of(error);
  view->tape = parser->parser.doc.tape.get();
  view->strings = parser->parser.doc.string_buf.get();
  return csimdjson_ok;
}
