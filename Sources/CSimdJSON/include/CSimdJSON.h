#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CSIMDJSON_NOEXCEPT noexcept
extern "C" {
#else
#define CSIMDJSON_NOEXCEPT
#endif

/// A simdjson DOM parser together with the padded buffer of its input, its tape and its strings.
/// Used by one thread at a time while parsing.
typedef struct csimdjson_parser csimdjson_parser;

/// A parsed document: simdjson's tape and string buffer. Owned by the parser and valid until its
/// next parse. `tape[0]` is the document's root word, the root value begins at `tape[1]`.
typedef struct csimdjson_view {
  const uint64_t *tape;
  const uint8_t *strings;
} csimdjson_view;

typedef enum csimdjson_status {
  csimdjson_ok = 0,
  csimdjson_out_of_memory = 1,
  csimdjson_too_large = 2,
  csimdjson_too_deep = 3,
  csimdjson_number_error = 4,
  csimdjson_utf8_error = 5,
  csimdjson_syntax_error = 6,
} csimdjson_status;

/// NULL when memory is exhausted.
csimdjson_parser *csimdjson_parser_create(void) CSIMDJSON_NOEXCEPT;
void csimdjson_parser_destroy(csimdjson_parser *parser) CSIMDJSON_NOEXCEPT;

/// The largest input, in bytes, that the parser takes without growing.
size_t csimdjson_parser_capacity(const csimdjson_parser *parser) CSIMDJSON_NOEXCEPT;

/// Makes room for a document of `count` bytes that is nested at most `max_depth` levels deep.
/// `*input` is where its bytes are to be written.
csimdjson_status csimdjson_reserve(csimdjson_parser *parser, size_t count, size_t max_depth,
                                   uint8_t **input) CSIMDJSON_NOEXCEPT;

/// Parses and validates the `count` bytes for which room was made last.
csimdjson_status csimdjson_parse(csimdjson_parser *parser, size_t count,
                                 csimdjson_view *view) CSIMDJSON_NOEXCEPT;

typedef enum csimdjson_float_status {
  csimdjson_floats_copied = 0,
  csimdjson_floats_not_a_number = 1,
  csimdjson_floats_not_finite = 2,
} csimdjson_float_status;

/// Converts the first `count` elements of the array at `index` to 32-bit floats.
/// The array has at least `count` elements. On failure `*failed` is the offending element's number.
csimdjson_float_status csimdjson_copy_floats(const uint64_t *tape, size_t index, float *out,
                                             size_t count, size_t *failed) CSIMDJSON_NOEXCEPT;

/// Tape index of the value of the last member named `key` of the object at `index`, 0 if none.
size_t csimdjson_find_last(csimdjson_view view, size_t index, const void *key,
                           size_t count) CSIMDJSON_NOEXCEPT;

/// Whether two members of the object at `index` have the same name.
int csimdjson_has_duplicate_keys(csimdjson_view view, size_t index) CSIMDJSON_NOEXCEPT;

/// Bytes that `csimdjson_format_double` and the integer formatters may write.
#define CSIMDJSON_NUMBER_LENGTH 32
/// Bytes per element that `csimdjson_format_floats` may write, its comma included.
#define CSIMDJSON_FLOAT_LENGTH 17

/// The formatters return the number of bytes written; no terminator is written.
/// Floating point numbers take their shortest digits that read back as the same number of their
/// own width, and always a point or an exponent; what is not finite becomes `null`.
size_t csimdjson_format_double(double value, char *out) CSIMDJSON_NOEXCEPT;
size_t csimdjson_format_float(float value, char *out) CSIMDJSON_NOEXCEPT;
size_t csimdjson_format_int64(int64_t value, char *out) CSIMDJSON_NOEXCEPT;
size_t csimdjson_format_uint64(uint64_t value, char *out) CSIMDJSON_NOEXCEPT;

/// `count` numbers separated by commas, without brackets.
size_t csimdjson_format_floats(const float *values, size_t count, char *out) CSIMDJSON_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
