// What files of rows need of the system and the CPU: checksums of pages, and many reads at once.
#ifndef QUIVER_CROWFILES_H
#define QUIVER_CROWFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum {
  /// Bytes of a page, which is what is read and checked as a whole.
  RF_PAGE_BYTES = 4096
};

/// CRC-32C of `count` bytes.
uint32_t rf_checksum(const void *bytes, size_t count);

/// The checksum of a page: CRC-32C of the four CRC-32C, little-endian, of its quarters. Four
/// independent chains keep the CPU busy.
uint32_t rf_page_checksum(const void *page);

/// One read of a file.
typedef struct rf_read {
  /// Of the file.
  int descriptor;
  uint32_t length;
  uint64_t offset;
  void *buffer;
  /// How many bytes were read, or the negative number of an error. Fewer than `length` only at the
  /// end of the file.
  int64_t result;
} rf_read;

/// A queue of the kernel's (io_uring), for one thread at a time.
typedef struct rf_ring rf_ring;

/// Opens a queue of `depth` reads, a power of two. NULL where the kernel has none, or permits none.
rf_ring *_Nullable rf_ring_open(unsigned depth);

void rf_ring_close(rf_ring *ring);

/// Carries out all reads and returns when the last one is done.
///
/// - Returns: false if the queue is of no use any more; the reads are done nevertheless.
bool rf_ring_read(rf_ring *ring, rf_read *reads, size_t count);

/// Carries out all reads, one after the other.
void rf_read_plain(rf_read *reads, size_t count);

#pragma clang assume_nonnull end

#endif
