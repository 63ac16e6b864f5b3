#include "CSimdJSON.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace {

// Where plain notation gives way to scientific: the decimal point may stand after at most
// `most_integer_digits` digits and be followed by at most `most_leading_zeros` zeros.
template <typename T> struct Notation;
template <> struct Notation<double> {
  static constexpr int most_integer_digits = 16;
  static constexpr int most_leading_zeros = 4;
};
template <> struct Notation<float> {
  static constexpr int most_integer_digits = 13;
  static constexpr int most_leading_zeros = 5;
};

char *put(char *out, const char *from, int count) {
  std::memcpy(out, from, static_cast<size_t>(count));
  return out + count;
}

char *put_zeros(char *out, int count) {
  std::memset(out, '0', static_cast<size_t>(count));
  return out + count;
}

// Lays out 0.DIGITS × 10^point.
template <typename T> char *put_decimal(char *out, const char *digits, int count, int point) {
  if (0 < point && point <= Notation<T>::most_integer_digits) {
    if (count <= point) {
      out = put_zeros(put(out, digits, count), point - count);
      return put(out, ".0", 2);
    }
    out = put(out, digits, point);
    *out++ = '.';
    return put(out, digits + point, count - point);
  }
  if (-Notation<T>::most_leading_zeros <= point && point <= 0) {
    out = put_zeros(put(out, "0.", 2), -point);
    return put(out, digits, count);
  }
  *out++ = digits[0];
  if (count > 1) {
    *out++ = '.';
    out = put(out, digits + 1, count - 1);
  }
  *out++ = 'e';
  return std::to_chars(out, out + 5, point - 1).ptr;
}

template <typename T> char *put_number(char *out, T value) {
  if (!std::isfinite(value)) return put(out, "null", 4);
  if (std::signbit(value)) {
    *out++ = '-';
    value = -value;
  }
  if (value == 0) return put(out, "0.0", 3);
  char text[CSIMDJSON_NUMBER_LENGTH];
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  // `d.ddde±xx`: closing the gap of the point leaves the digits side by side.
  const char *mark = end - 1;
  while (*mark != 'e') mark--;
  int exponent = 0;
  for (const char *digit = mark + 2; digit < end; digit++) exponent = exponent * 10 + *digit - '0';
  if (mark[1] == '-') exponent = -exponent;
  int count = 1;
  const char *digits = text;
  if (mark - text > 1) {
    text[1] = text[0];
    digits = text + 1;
    count = static_cast<int>(mark - text) - 1;
  }
  return put_decimal<T>(out, digits, count, exponent + 1);
}

template <typename T> size_t format_integer(T value, char *out) {
  return static_cast<size_t>(std::to_chars(out, out + CSIMDJSON_NUMBER_LENGTH, value).ptr - out);
}

} // namespace

size_t csimdjson_format_double(double value, char *out) noexcept {
  return static_cast<size_t>(put_number(out, value) - out);
}

size_t csimdjson_format_float(float value, char *out) noexcept {
  return static_cast<size_t>(put_number(out, value) - out);
}

size_t csimdjson_format_int64(int64_t value, char *out) noexcept {
  return format_integer(value, out);
}

size_t csimdjson_format_uint64(uint64_t value, char *out) noexcept {
  return format_integer(value, out);
}

size_t csimdjson_format_floats(const float *values, size_t count, char *out) noexcept {
  char *at = out;
  for (size_t i = 0; i < count; i++) {
    if (i > 0) *at++ = ',';
    at = put_number(at, values[i]);
  }
  return static_cast<size_t>(at - out);
}
