#ifndef QUIVER_CTEXTENCODINGS_H
#define QUIVER_CTEXTENCODINGS_H

#include <stdint.h>

/* What ICU knows of texts that are not in UTF-8. No header of ICU is included here, as in
   CUnicodeText. */

/* Converts bytes in a named encoding to UTF-16, broken sequences to U+FFFD. Returns the length,
   which may exceed the capacity, -1 for an encoding that ICU does not know, or -2 for another
   failure. */
int32_t quiver_encoding_convert(const char *encoding, const char *bytes, int32_t length,
                                uint16_t *result, int32_t capacity);

/* Guesses the encoding of bytes by their statistics. Writes its name, and returns how sure the
   guess is, 0 to 100; -1 for none. */
int32_t quiver_encoding_guess(const char *bytes, int32_t length, char *name, int32_t capacity);

#endif
