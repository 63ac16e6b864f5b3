// The parts of ICU that find words, normalise text and convert it from other encodings. ICU's own names are macros that carry its
// version, which Swift cannot see.
#ifndef QUIVER_CICU_SHIM_H
#define QUIVER_CICU_SHIM_H

#include <stdint.h>
#include <unicode/ubrk.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>
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

/// Converts bytes in a named encoding to UTF-16, broken sequences to U+FFFD. Returns the length,
/// which may exceed the capacity, -1 for an encoding that ICU does not know, or -2 for another
/// failure.
static inline int32_t cicu_convert(const char *encoding, const char *bytes, int32_t length,
                                   uint16_t *result, int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  UConverter *converter = ucnv_open(encoding, &status);
  if (U_FAILURE(status) || converter == NULL) return -1;
  int32_t needed = ucnv_toUChars(converter, (UChar *)result, capacity, bytes, length, &status);
  ucnv_close(converter);
  return U_SUCCESS(status) || status == U_BUFFER_OVERFLOW_ERROR ? needed : -2;
}

/// Guesses the encoding of bytes by their statistics. Writes its name, and returns how sure the
/// guess is, 0 to 100; -1 for none.
static inline int32_t cicu_guess(const char *bytes, int32_t length, char *name,
                                 int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  UCharsetDetector *detector = ucsdet_open(&status);
  if (U_FAILURE(status)) return -1;
  int32_t confidence = -1;
  ucsdet_setText(detector, bytes, length, &status);
  const UCharsetMatch *match = ucsdet_detect(detector, &status);
  if (U_SUCCESS(status) && match != NULL) {
    const char *found = ucsdet_getName(match, &status);
    int32_t count = 0;
    while (found != NULL && found[count] != 0 && count + 1 < capacity) {
      name[count] = found[count];
      count++;
    }
    name[count] = 0;
    confidence = ucsdet_getConfidence(match, &status);
  }
  ucsdet_close(detector);
  return U_SUCCESS(status) ? confidence : -1;
}

#endif
