#ifndef CROARING_SHIM_H
#define CROARING_SHIM_H

#include <stdlib.h>
#include <string.h>

#include <roaring/roaring.h>
#include <roaring/containers/array.h>
#include <roaring/containers/bitset.h>
#include <roaring/containers/run.h>

// Copies one container of a bitmap into the 1,024 words that stand for its 65,536 values. The
// library's own function for that is younger than the version that Debian has.
static inline void croaring_copy_container(const void *container, uint8_t type, uint64_t *words,
                                           size_t count) {
  if (type == SHARED_CONTAINER_TYPE_CODE) {
    const shared_container_t *shared = (const shared_container_t *)container;
    type = shared->typecode;
    container = shared->container;
  }
  if (type == BITSET_CONTAINER_TYPE_CODE) {
    const bitset_container_t *bits = (const bitset_container_t *)container;
    memcpy(words, bits->array, count * sizeof(uint64_t));
  } else if (type == ARRAY_CONTAINER_TYPE_CODE) {
    const array_container_t *array = (const array_container_t *)container;
    for (int32_t i = 0; i < array->cardinality; i++) {
      uint16_t value = array->array[i];
      if ((size_t)(value >> 6) < count) words[value >> 6] |= UINT64_C(1) << (value & 63);
    }
  } else {
    const run_container_t *runs = (const run_container_t *)container;
    for (int32_t i = 0; i < runs->n_runs; i++) {
      uint32_t first = runs->runs[i].value;
      uint32_t last = first + runs->runs[i].length;
      for (uint32_t value = first; value <= last; value++) {
        if ((size_t)(value >> 6) >= count) break;
        if ((value & 63) == 0 && value + 63 <= last) {
          words[value >> 6] = ~UINT64_C(0);
          value += 63;
        } else {
          words[value >> 6] |= UINT64_C(1) << (value & 63);
        }
      }
    }
  }
}

// Sets the bits of a bitmap's values in `count` words that are all zero. Values beyond them are
// left out.
static inline void croaring_copy_words(const roaring_bitmap_t *bitmap, uint64_t *words,
                                       size_t count) {
  const roaring_array_t *containers = &bitmap->high_low_container;
  for (int32_t i = 0; i < containers->size; i++) {
    size_t first = (size_t)containers->keys[i] * 1024;
    if (first >= count) break;
    size_t room = count - first < 1024 ? count - first : 1024;
    croaring_copy_container(containers->containers[i], containers->typecodes[i], words + first,
                            room);
  }
}

// Writes the container of up to 1,024 words in the library's portable form: bits when it holds more
// than 4,096 values, else a list. Returns how many bytes that took.
static inline size_t croaring_write_container(const uint64_t *words, size_t count, size_t values,
                                              char *target) {
  if (values > 4096) {
    memset(target, 0, 8192);
    memcpy(target, words, count * sizeof(uint64_t));
    return 8192;
  }
  size_t written = 0;
  for (size_t i = 0; i < count; i++) {
    for (uint64_t rest = words[i]; rest != 0; rest &= rest - 1) {
      uint16_t value = (uint16_t)(i * 64 + (size_t)__builtin_ctzll(rest));
      memcpy(target + written, &value, sizeof value);
      written += sizeof value;
    }
  }
  return written;
}

// The bitmap of the bits that are set in `count` words, at most 2²⁶ of them: made container by
// container, where adding values in no order moves those that are there again and again. NULL when
// out of memory.
static inline roaring_bitmap_t *croaring_of_words(const uint64_t *words, size_t count) {
  size_t containers = (count + 1023) / 1024;
  // The cookie of bitmaps without runs, the number of containers; for each its key and its number
  // of values less 1, and where it begins.
  char *bytes = (char *)malloc(8 + containers * (8 + 8192));
  uint32_t *values = (uint32_t *)malloc((containers + 1) * sizeof(uint32_t));
  if (bytes == NULL || values == NULL) {
    free(bytes);
    free(values);
    return NULL;
  }
  uint32_t filled = 0;
  for (size_t i = 0; i < containers; i++) {
    size_t end = count < (i + 1) * 1024 ? count : (i + 1) * 1024;
    values[i] = 0;
    for (size_t j = i * 1024; j < end; j++) {
      values[i] += (uint32_t)__builtin_popcountll(words[j]);
    }
    filled += values[i] > 0;
  }
  uint32_t head[2] = {12346, filled};
  memcpy(bytes, head, sizeof head);
  char *key = bytes + 8;
  char *place = key + 4 * filled;
  size_t length = 8 + 8 * (size_t)filled;
  for (size_t i = 0; i < containers; i++) {
    if (values[i] == 0) continue;
    uint16_t pair[2] = {(uint16_t)i, (uint16_t)(values[i] - 1)};
    uint32_t start = (uint32_t)length;
    memcpy(key, pair, sizeof pair);
    memcpy(place, &start, sizeof start);
    key += sizeof pair;
    place += sizeof start;
    size_t room = count - i * 1024 < 1024 ? count - i * 1024 : 1024;
    length += croaring_write_container(words + i * 1024, room, values[i], bytes + length);
  }
  roaring_bitmap_t *made = roaring_bitmap_portable_deserialize_safe(bytes, length);
  free(bytes);
  free(values);
  return made;
}

#endif
