// The parts of ICU that find words and normalise text. ICU's own names are macros that carry its
// version, which Swift cannot see.
#ifndef QUIVER_CICU_SHIM_H
#define QUIVER_CICU_SHIM_H

#include <stdint.h>
#include <unicode/ubrk.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>

/// A new iterator over the boundaries of words, or NULL.
static inline UBreakIterator *cicu_open_words(void) {
  UErrorCode status = U_ZERO_ERROR;
  UBreakIterator *words = ubrk_open(UBRK_WORD, "", NULL, 0, &status);
  return U_SUCCESS(status) ? words : NULL;
}

static inline void cicu_close_words(UBreakIterator *words) { ubrk_close(words); }

/// Starts over with a text in UTF-16, which must outlive the iteration. Says whether it could.
static inline int cicu_set_text(UBreakIterator *words, const uint16_t *text, int32_t length) {
  UErrorCode status = U_ZERO_ERROR;
  ubrk_setText(words, (const UChar *)text, length, &status);
  return U_SUCCESS(status);
}

/// The next boundary, or -1 behind the last.
static inline int32_t cicu_next_boundary(UBreakIterator *words) {
  int32_t boundary = ubrk_next(words);
  return boundary == UBRK_DONE ? -1 : boundary;
}

/// Writes the compatibility decomposition (NFKD) of a text. Returns its length, which may exceed
/// the capacity, or -1.
static inline int32_t cicu_decompose(const uint16_t *text, int32_t length, uint16_t *result,
                                     int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2 *form = unorm2_getNFKDInstance(&status);
  int32_t needed = unorm2_normalize(form, (const UChar *)text, length, (UChar *)result, capacity,
                                    &status);
  return U_SUCCESS(status) || status == U_BUFFER_OVERFLOW_ERROR ? needed : -1;
}

/// The script of a code point, as a UScriptCode.
static inline int32_t cicu_script(uint32_t code_point) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript((UChar32)code_point, &status);
}

#endif
