#ifndef QUIVER_CUNICODETEXT_H
#define QUIVER_CUNICODETEXT_H

#include <stdint.h>

/* What ICU knows of words and letters. No header of ICU is included here: Foundation's module has
   an ICU of its own, and Swift refuses two definitions of one type. */

/* An iterator over the boundaries of words, which serves one caller at a time. */
typedef struct quiver_words quiver_words;

/* A new iterator, or NULL. */
quiver_words *quiver_words_open(void);
void quiver_words_close(quiver_words *words);

/* Starts over with a text in UTF-16, which must outlive the iteration. Says whether it could. */
int quiver_words_set_text(quiver_words *words, const uint16_t *text, int32_t length);

/* The next boundary, or -1 behind the last. */
int32_t quiver_words_next_boundary(quiver_words *words);

/* Writes the compatibility decomposition (NFKD) of a text. Returns its length, which may exceed
   the capacity, or -1. */
int32_t quiver_decompose(const uint16_t *text, int32_t length, uint16_t *result, int32_t capacity);

/* The scripts whose words are told from those of others. */
typedef enum quiver_script {
  QUIVER_SCRIPT_OTHER,
  QUIVER_SCRIPT_ARABIC,
  QUIVER_SCRIPT_BENGALI,
  QUIVER_SCRIPT_CYRILLIC,
  QUIVER_SCRIPT_DEVANAGARI,
  QUIVER_SCRIPT_ETHIOPIC,
  QUIVER_SCRIPT_GEORGIAN,
  QUIVER_SCRIPT_GREEK,
  QUIVER_SCRIPT_GUJARATI,
  QUIVER_SCRIPT_GURMUKHI,
  QUIVER_SCRIPT_HAN,
  QUIVER_SCRIPT_HANGUL,
  QUIVER_SCRIPT_HEBREW,
  QUIVER_SCRIPT_HIRAGANA,
  QUIVER_SCRIPT_KANNADA,
  QUIVER_SCRIPT_KATAKANA,
  QUIVER_SCRIPT_KHMER,
  QUIVER_SCRIPT_LAO,
  QUIVER_SCRIPT_LATIN,
  QUIVER_SCRIPT_MALAYALAM,
  QUIVER_SCRIPT_MYANMAR,
  QUIVER_SCRIPT_ORIYA,
  QUIVER_SCRIPT_SINHALA,
  QUIVER_SCRIPT_TAMIL,
  QUIVER_SCRIPT_TELUGU,
  QUIVER_SCRIPT_THAI,
} quiver_script;

/* The script of a code point. */
quiver_script quiver_script_of(uint32_t code_point);

#endif
