#ifndef CROARING_SHIM_H
#define CROARING_SHIM_H

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

#endif
