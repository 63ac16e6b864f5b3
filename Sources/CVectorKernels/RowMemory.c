#include "CVectorKernels.h"

#include <stdlib.h>
#include <sys/mman.h>

// What stands before a block: where its memory begins, and how much of it was mapped (0 for memory
// of the heap, which calloc gives as untouched zero pages where it can).
struct block_header {
  void *base;
  size_t mapped;
};

// Blocks of this size get pages of their own. The heap would keep them after they are freed, and
// clear them by writing, which commits pages that no row ever uses.
static const size_t mapped_bytes_min = 64 << 10;

void *vk_allocate_zeroed(size_t bytes) {
  enum { alignment = 64 };
  if (bytes > SIZE_MAX - alignment - sizeof(struct block_header)) {
    return NULL;
  }
  size_t total = bytes + alignment + sizeof(struct block_header);
  size_t mapped = bytes >= mapped_bytes_min ? total : 0;
  char *base;
  if (mapped != 0) {
    base = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) {
      return NULL;
    }
  } else {
    base = calloc(1, total);
    if (base == NULL) {
      return NULL;
    }
  }
  uintptr_t first = (uintptr_t)base + sizeof(struct block_header);
  size_t padding = (alignment - first % alignment) % alignment;
  char *aligned = base + sizeof(struct block_header) + padding;
  struct block_header *header = (struct block_header *)(aligned - sizeof(struct block_header));
  header->base = base;
  header->mapped = mapped;
  return aligned;
}

void *vk_allocate_huge(size_t bytes) {
  const size_t page = 2 << 20;
  if (bytes > SIZE_MAX - 2 * page) {
    return NULL;
  }
  size_t mapped = bytes + page + sizeof(struct block_header);
  char *base = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) {
    return NULL;
  }
  uintptr_t first = (uintptr_t)base + sizeof(struct block_header);
  char *aligned = base + sizeof(struct block_header) + (page - first % page) % page;
  struct block_header *header = (struct block_header *)(aligned - sizeof(struct block_header));
  header->base = base;
  header->mapped = mapped;
#ifdef MADV_HUGEPAGE
  // Only asked for: without them the memory is as good, but slower.
  (void)madvise(aligned, bytes, MADV_HUGEPAGE);
#endif
  return aligned;
}

void vk_give_back(void *memory, size_t bytes) {
  const uintptr_t page = 4096;
  uintptr_t first = ((uintptr_t)memory + page - 1) / page * page;
  uintptr_t end = ((uintptr_t)memory + bytes) / page * page;
  if (end > first) {
    (void)madvise((void *)first, end - first, MADV_DONTNEED);
  }
}

void vk_free(void *memory) {
  if (memory == NULL) {
    return;
  }
  struct block_header header = ((struct block_header *)memory)[-1];
  if (header.mapped != 0) {
    munmap(header.base, header.mapped);
  } else {
    free(header.base);
  }
}
