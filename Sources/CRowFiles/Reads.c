#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CRowFiles.h"

static void finish_plain(rf_read *read, size_t done) {
  while (done < read->length) {
    ssize_t count = pread(read->descriptor, (char *)read->buffer + done, read->length - done,
                          (off_t)(read->offset + done));
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      read->result = -errno;
      return;
    }
    if (count == 0) {
      break;
    }
    done += (size_t)count;
  }
  read->result = (int64_t)done;
}

void rf_read_plain(rf_read *reads, size_t count) {
  for (size_t index = 0; index < count; index++) {
    finish_plain(reads + index, 0);
  }
}

#if defined(__linux__) && __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>

struct rf_ring {
  int descriptor;
  unsigned depth;
  void *queues;
  size_t queues_bytes;
  struct io_uring_sqe *entries;
  size_t entries_bytes;
  unsigned *submit_tail, *submit_mask, *submit_array;
  unsigned *complete_head, *complete_tail, *complete_mask;
  struct io_uring_cqe *completions;
};

rf_ring *rf_ring_open(unsigned depth) {
  struct io_uring_params params;
  memset(&params, 0, sizeof(params));
  int descriptor = (int)syscall(SYS_io_uring_setup, depth, &params);
  if (descriptor < 0) {
    return NULL;
  }
  rf_ring *ring = calloc(1, sizeof(*ring));
  // One mapping for both queues is as old as kernels that read into plain buffers (5.6).
  if (ring == NULL || !(params.features & IORING_FEAT_SINGLE_MMAP) ||
      !(params.features & IORING_FEAT_RW_CUR_POS)) {
    free(ring);
    close(descriptor);
    return NULL;
  }
  ring->descriptor = descriptor;
  ring->depth = params.sq_entries;
  size_t submit = params.sq_off.array + params.sq_entries * sizeof(unsigned);
  size_t complete = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
  ring->queues_bytes = submit > complete ? submit : complete;
  ring->queues = mmap(NULL, ring->queues_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                      descriptor, IORING_OFF_SQ_RING);
  ring->entries_bytes = params.sq_entries * sizeof(struct io_uring_sqe);
  ring->entries = mmap(NULL, ring->entries_bytes, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_POPULATE, descriptor, IORING_OFF_SQES);
  if (ring->queues == MAP_FAILED || (void *)ring->entries == MAP_FAILED) {
    rf_ring_close(ring);
    return NULL;
  }
  char *base = ring->queues;
  ring->submit_tail = (unsigned *)(base + params.sq_off.tail);
  ring->submit_mask = (unsigned *)(base + params.sq_off.ring_mask);
  ring->submit_array = (unsigned *)(base + params.sq_off.array);
  ring->complete_head = (unsigned *)(base + params.cq_off.head);
  ring->complete_tail = (unsigned *)(base + params.cq_off.tail);
  ring->complete_mask = (unsigned *)(base + params.cq_off.ring_mask);
  ring->completions = (struct io_uring_cqe *)(base + params.cq_off.cqes);
  return ring;
}

void rf_ring_close(rf_ring *ring) {
  if (ring->entries != NULL && (void *)ring->entries != MAP_FAILED) {
    munmap(ring->entries, ring->entries_bytes);
  }
  if (ring->queues != NULL && ring->queues != MAP_FAILED) {
    munmap(ring->queues, ring->queues_bytes);
  }
  close(ring->descriptor);
  free(ring);
}

static void prepare(rf_ring *ring, rf_read *reads, unsigned count) {
  unsigned tail = *ring->submit_tail;
  for (unsigned index = 0; index < count; index++) {
    unsigned place = (tail + index) & *ring->submit_mask;
    struct io_uring_sqe *entry = ring->entries + place;
    memset(entry, 0, sizeof(*entry));
    entry->opcode = IORING_OP_READ;
    entry->fd = reads[index].descriptor;
    entry->off = reads[index].offset;
    entry->addr = (uint64_t)(uintptr_t)reads[index].buffer;
    entry->len = reads[index].length;
    entry->user_data = index;
    ring->submit_array[place] = place;
    reads[index].result = 0;
  }
  __atomic_store_n(ring->submit_tail, tail + count, __ATOMIC_RELEASE);
}

static unsigned reap(rf_ring *ring, rf_read *reads) {
  unsigned head = *ring->complete_head;
  unsigned tail = __atomic_load_n(ring->complete_tail, __ATOMIC_ACQUIRE);
  unsigned count = tail - head;
  for (; head != tail; head++) {
    struct io_uring_cqe *completion = ring->completions + (head & *ring->complete_mask);
    reads[completion->user_data].result = completion->res;
  }
  __atomic_store_n(ring->complete_head, head, __ATOMIC_RELEASE);
  return count;
}

/// Reads that fit into the queue. The kernel writes into their buffers, so nothing is given up while
/// one of them is under way.
static bool wave(rf_ring *ring, rf_read *reads, unsigned count) {
  prepare(ring, reads, count);
  unsigned submitted = 0, done = 0;
  while (done < count) {
    long taken = syscall(SYS_io_uring_enter, ring->descriptor, count - submitted,
                         count - done, IORING_ENTER_GETEVENTS, NULL, 0);
    if (taken < 0) {
      bool passes = errno == EINTR || errno == EAGAIN || errno == EBUSY;
      if (!passes && submitted == done) {
        return false;
      }
    } else {
      submitted += (unsigned)taken;
    }
    done += reap(ring, reads);
  }
  return true;
}

bool rf_ring_read(rf_ring *ring, rf_read *reads, size_t count) {
  for (size_t start = 0; start < count; start += ring->depth) {
    size_t left = count - start;
    unsigned part = left < ring->depth ? (unsigned)left : ring->depth;
    if (!wave(ring, reads + start, part)) {
      rf_read_plain(reads + start, left);
      return false;
    }
    for (size_t index = start; index < start + part; index++) {
      // Short reads and passing failures are brought to an end.
      if (reads[index].result < (int64_t)reads[index].length) {
        finish_plain(reads + index, reads[index].result > 0 ? (size_t)reads[index].result : 0);
      }
    }
  }
  return true;
}

#else

struct rf_ring {
  int unused;
};

rf_ring *rf_ring_open(unsigned depth) {
  (void)depth;
  return NULL;
}

void rf_ring_close(rf_ring *ring) { (void)ring; }

bool rf_ring_read(rf_ring *ring, rf_read *reads, size_t count) {
  (void)ring;
  rf_read_plain(reads, count);
  return false;
}

#endif
