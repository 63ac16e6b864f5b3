#include "CSimdJSON.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

constexpr uint64_t payload_mask = (uint64_t{1} << 56) - 1;

char tag_at(const uint64_t *tape, size_t index) { return static_cast<char>(tape[index] >> 56); }

size_t next_index(const uint64_t *tape, size_t index) {
  switch (tag_at(tape, index)) {
  case '{':
  case '[':
    return static_cast<uint32_t>(tape[index]);
  case 'l':
  case 'u':
  case 'd':
    return index + 2;
  default:
    return index + 1;
  }
}

std::string_view string_at(csimdjson_view view, size_t index) {
  const uint8_t *entry = view.strings + (view.tape[index] & payload_mask);
  uint32_t length;
  std::memcpy(&length, entry, sizeof length);
  return {reinterpret_cast<const char *>(entry + sizeof length), length};
}

template <typename T> T number_at(const uint64_t *tape, size_t index) {
  T value;
  std::memcpy(&value, tape + index + 1, sizeof value);
  return value;
}

// Up to this many members, comparing every pair beats sorting.
constexpr size_t pairwise_members = 16;

} // namespace

csimdjson_float_status csimdjson_copy_floats(const uint64_t *tape, size_t index, float *out,
                                             size_t count, size_t *failed) noexcept {
  size_t at = index + 1;
  for (size_t i = 0; i < count; i++, at += 2) {
    float value;
    switch (tag_at(tape, at)) {
    case 'd':
      value = static_cast<float>(number_at<double>(tape, at));
      break;
    case 'l':
      value = static_cast<float>(number_at<int64_t>(tape, at));
      break;
    case 'u':
      value = static_cast<float>(number_at<uint64_t>(tape, at));
      break;
    default:
      *failed = i;
      return csimdjson_floats_not_a_number;
    }
    if (!std::isfinite(value)) {
      *failed = i;
      return csimdjson_floats_not_finite;
    }
    out[i] = value;
  }
  return csimdjson_floats_copied;
}

size_t csimdjson_find_last(csimdjson_view view, size_t index, const void *key,
                           size_t count) noexcept {
  const std::string_view wanted(static_cast<const char *>(key), count);
  const size_t end = next_index(view.tape, index) - 1;
  size_t found = 0;
  for (size_t at = index + 1; at < end; at = next_index(view.tape, at + 1)) {
    if (string_at(view, at) == wanted) found = at + 1;
  }
  return found;
}

int csimdjson_has_duplicate_keys(csimdjson_view view, size_t index) noexcept {
  const size_t end = next_index(view.tape, index) - 1;
  std::string_view few[pairwise_members];
  size_t count = 0;
  size_t at = index + 1;
  for (; at < end && count < pairwise_members; at = next_index(view.tape, at + 1)) {
    const std::string_view key = string_at(view, at);
    for (size_t i = 0; i < count; i++) {
      if (few[i] == key) return 1;
    }
    few[count++] = key;
  }
  if (at >= end) return 0;
  // Sorted rather than hashed: keys come from clients, and sorting has no bad case to aim at.
  std::vector<std::string_view> keys(few, few + count);
  for (; at < end; at = next_index(view.tape, at + 1)) keys.push_back(string_at(view, at));
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}
