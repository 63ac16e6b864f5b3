#ifndef CGUIDEDFUZZING_H
#define CGUIDEDFUZZING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Reads an input; the answer says whether it may be kept (0) or not (-1).
typedef int (*guided_reader)(const uint8_t *bytes, size_t count);

/// Changes an input in place; returns its new length, or 0 to leave the change to libFuzzer.
typedef size_t (*guided_mutator)(uint8_t *bytes, size_t count, size_t count_max, unsigned seed);

/// Whether libFuzzer is a part of this program: only builds with its instrumentation have it.
bool guided_is_built(void);

/// Runs libFuzzer with these arguments. It may end the process instead of returning.
int guided_run(int count, char **arguments, guided_reader reader, guided_mutator mutator);

#endif
