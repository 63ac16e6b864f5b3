#include "CGuidedFuzzing.h"

// Parts of libFuzzer, which other builds go without.
__attribute__((weak)) int LLVMFuzzerRunDriver(int *count, char ***arguments, guided_reader reader);
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t count_max);

static guided_mutator own_mutator;

// libFuzzer finds it by its name.
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t count_max, unsigned seed) {
  size_t changed = own_mutator ? own_mutator(bytes, count, count_max, seed) : 0;
  return changed ? changed : LLVMFuzzerMutate(bytes, count, count_max);
}

bool guided_is_built(void) { return LLVMFuzzerRunDriver && LLVMFuzzerMutate; }

int guided_run(int count, char **arguments, guided_reader reader, guided_mutator mutator) {
  own_mutator = mutator;
  return LLVMFuzzerRunDriver(&count, &arguments, reader);
}
