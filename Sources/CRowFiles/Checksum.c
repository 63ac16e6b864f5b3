#include <string.h>

#include "CRowFiles.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#define HAS_INSTRUCTION __builtin_cpu_supports("sse4.2")
#define WITH_INSTRUCTION __attribute__((target("sse4.2")))
#define STEP_8(state, word) ((uint32_t)_mm_crc32_u64(state, word))
#define STEP_1(state, byte) _mm_crc32_u8(state, byte)
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define HAS_INSTRUCTION 1
#define WITH_INSTRUCTION
#define STEP_8(state, word) __crc32cd(state, word)
#define STEP_1(state, byte) __crc32cb(state, byte)
#endif

static uint32_t step(uint32_t state, uint8_t byte) {
  state ^= byte;
  for (int bit = 0; bit < 8; bit++) {
    state = state >> 1 ^ (0x82f63b78u & (0u - (state & 1)));
  }
  return state;
}

static uint32_t plain(const uint8_t *bytes, size_t count) {
  uint32_t state = UINT32_MAX;
  for (size_t index = 0; index < count; index++) {
    state = step(state, bytes[index]);
  }
  return ~state;
}

#ifdef HAS_INSTRUCTION
static inline uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof(word));
  return word;
}

WITH_INSTRUCTION static uint32_t fast(const uint8_t *bytes, size_t count) {
  uint32_t state = UINT32_MAX;
  for (; count >= 8; bytes += 8, count -= 8) {
    state = STEP_8(state, word_at(bytes));
  }
  for (; count > 0; bytes++, count--) {
    state = STEP_1(state, *bytes);
  }
  return ~state;
}

WITH_INSTRUCTION static void fast_quarters(const uint8_t *page, uint32_t sums[4]) {
  enum { quarter = RF_PAGE_BYTES / 4 };
  uint32_t a = UINT32_MAX, b = UINT32_MAX, c = UINT32_MAX, d = UINT32_MAX;
  for (size_t index = 0; index < quarter; index += 8) {
    a = STEP_8(a, word_at(page + index));
    b = STEP_8(b, word_at(page + quarter + index));
    c = STEP_8(c, word_at(page + 2 * quarter + index));
    d = STEP_8(d, word_at(page + 3 * quarter + index));
  }
  sums[0] = ~a;
  sums[1] = ~b;
  sums[2] = ~c;
  sums[3] = ~d;
}
#endif

uint32_t rf_checksum(const void *bytes, size_t count) {
#ifdef HAS_INSTRUCTION
  if (HAS_INSTRUCTION) {
    return fast(bytes, count);
  }
#endif
  return plain(bytes, count);
}

uint32_t rf_page_checksum(const void *page) {
  uint32_t sums[4];
#ifdef HAS_INSTRUCTION
  if (HAS_INSTRUCTION) {
    fast_quarters(page, sums);
    return fast((const uint8_t *)sums, sizeof(sums));
  }
#endif
  for (int part = 0; part < 4; part++) {
    sums[part] = plain((const uint8_t *)page + part * RF_PAGE_BYTES / 4, RF_PAGE_BYTES / 4);
  }
  return plain((const uint8_t *)sums, sizeof(sums));
}
