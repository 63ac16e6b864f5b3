#include "CUnicodeText.h"

#include <stddef.h>
#include <unicode/ubrk.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>

quiver_words *quiver_words_open(void) {
  UErrorCode status = U_ZERO_ERROR;
  UBreakIterator *words = ubrk_open(UBRK_WORD, "", NULL, 0, &status);
  return U_SUCCESS(status) ? (quiver_words *)words : NULL;
}

void quiver_words_close(quiver_words *words) { ubrk_close((UBreakIterator *)words); }

int quiver_words_set_text(quiver_words *words, const uint16_t *text, int32_t length) {
  UErrorCode status = U_ZERO_ERROR;
  ubrk_setText((UBreakIterator *)words, (const UChar *)text, length, &status);
  return U_SUCCESS(status);
}

int32_t quiver_words_next_boundary(quiver_words *words) {
  int32_t boundary = ubrk_next((UBreakIterator *)words);
  return boundary == UBRK_DONE ? -1 : boundary;
}

int32_t quiver_decompose(const uint16_t *text, int32_t length, uint16_t *result, int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2 *form = unorm2_getNFKDInstance(&status);
  int32_t needed =
      unorm2_normalize(form, (const UChar *)text, length, (UChar *)result, capacity, &status);
  return U_SUCCESS(status) || status == U_BUFFER_OVERFLOW_ERROR ? needed : -1;
}

quiver_script quiver_script_of(uint32_t code_point) {
  UErrorCode status = U_ZERO_ERROR;
  UScriptCode script = uscript_getScript((UChar32)code_point, &status);
  if (U_FAILURE(status)) return QUIVER_SCRIPT_OTHER;
  switch (script) {
  case USCRIPT_ARABIC: return QUIVER_SCRIPT_ARABIC;
  case USCRIPT_BENGALI: return QUIVER_SCRIPT_BENGALI;
  case USCRIPT_CYRILLIC: return QUIVER_SCRIPT_CYRILLIC;
  case USCRIPT_DEVANAGARI: return QUIVER_SCRIPT_DEVANAGARI;
  case USCRIPT_ETHIOPIC: return QUIVER_SCRIPT_ETHIOPIC;
  case USCRIPT_GEORGIAN: return QUIVER_SCRIPT_GEORGIAN;
  case USCRIPT_GREEK: return QUIVER_SCRIPT_GREEK;
  case USCRIPT_GUJARATI: return QUIVER_SCRIPT_GUJARATI;
  case USCRIPT_GURMUKHI: return QUIVER_SCRIPT_GURMUKHI;
  case USCRIPT_HAN: return QUIVER_SCRIPT_HAN;
  case USCRIPT_HANGUL: return QUIVER_SCRIPT_HANGUL;
  case USCRIPT_HEBREW: return QUIVER_SCRIPT_HEBREW;
  case USCRIPT_HIRAGANA: return QUIVER_SCRIPT_HIRAGANA;
  case USCRIPT_KANNADA: return QUIVER_SCRIPT_KANNADA;
  case USCRIPT_KATAKANA: return QUIVER_SCRIPT_KATAKANA;
  case USCRIPT_KHMER: return QUIVER_SCRIPT_KHMER;
  case USCRIPT_LAO: return QUIVER_SCRIPT_LAO;
  case USCRIPT_LATIN: return QUIVER_SCRIPT_LATIN;
  case USCRIPT_MALAYALAM: return QUIVER_SCRIPT_MALAYALAM;
  case USCRIPT_MYANMAR: return QUIVER_SCRIPT_MYANMAR;
  case USCRIPT_ORIYA: return QUIVER_SCRIPT_ORIYA;
  case USCRIPT_SINHALA: return QUIVER_SCRIPT_SINHALA;
  case USCRIPT_TAMIL: return QUIVER_SCRIPT_TAMIL;
  case USCRIPT_TELUGU: return QUIVER_SCRIPT_TELUGU;
  case USCRIPT_THAI: return QUIVER_SCRIPT_THAI;
  default: return QUIVER_SCRIPT_OTHER;
  }
}
