// Preloaded into a server: counts its allocations in the file that ALLOCATION_COUNT names, where
// others may look at the numbers while they grow: of all allocations, and of large ones,
// which the buffers of a page are not.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// What the C library's own functions are called beneath their names.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

enum { LARGE_BYTES = 40000, COUNTERS = 2 };

static uint64_t before_start[COUNTERS];
static uint64_t *counters = before_start;

__attribute__((constructor)) static void open_counter(void) {
  const char *path = getenv("ALLOCATION_COUNT");
  if (!path) return;
  const int file = open(path, O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, sizeof before_start)) _exit(70);
  void *shared = mmap(NULL, sizeof before_start, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (shared == MAP_FAILED) _exit(70);
  counters = shared;
}

static void count(size_t size) {
  __atomic_fetch_add(&counters[0], 1, __ATOMIC_RELAXED);
  if (size >= LARGE_BYTES) __atomic_fetch_add(&counters[1], 1, __ATOMIC_RELAXED);
}

void *malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  count(size);
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}
