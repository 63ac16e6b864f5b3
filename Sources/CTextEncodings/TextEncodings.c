#include "CTextEncodings.h"

#include <stddef.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

int32_t quiver_encoding_convert(const char *encoding, const char *bytes, int32_t length,
                                uint16_t *result, int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  UConverter *converter = ucnv_open(encoding, &status);
  if (U_FAILURE(status) || converter == NULL) return -1;
  int32_t needed = ucnv_toUChars(converter, (UChar *)result, capacity, bytes, length, &status);
  ucnv_close(converter);
  return U_SUCCESS(status) || status == U_BUFFER_OVERFLOW_ERROR ? needed : -2;
}

int32_t quiver_encoding_guess(const char *bytes, int32_t length, char *name, int32_t capacity) {
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
