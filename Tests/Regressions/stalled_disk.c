/* Preloaded into a server: a disk that does not come back from what it is asked to keep, while the
   file that STALLED_DISK names exists. Each byte in that file lets go one call, in their order: a 0
   to what it asked for, any other to an error of that number. The file beside it that ends in
   `.calls` has a line for each that waited: the path of what it is to keep. With STALLED_DISK_SUFFIX
   only those wait whose paths end in it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int must_wait(const char *mark, long number) {
  struct stat file;
  return stat(mark, &file) == 0 && file.st_size <= number;
}

/* The path of an open file, without an end; its length, or -1. */
static ssize_t path_of(int descriptor, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  return readlink(link, path, size);
}

static int concerns(int descriptor) {
  const char *suffix = getenv("STALLED_DISK_SUFFIX");
  if (suffix == NULL) return 1;
  char path[4096];
  ssize_t length = path_of(descriptor, path, sizeof path), end = (ssize_t)strlen(suffix);
  return length >= end && memcmp(path + length - end, suffix, (size_t)end) == 0;
}

static void note_call(const char *mark, int descriptor) {
  char line[4096], notes[4096];
  ssize_t length = path_of(descriptor, line, sizeof line - 1);
  if (length < 0) return;
  line[length] = '\n';
  snprintf(notes, sizeof notes, "%s.calls", mark);
  int file = open(notes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return;
  if (write(file, line, (size_t)length + 1) < 0) perror("stalled_disk");
  close(file);
}

/* What lets the call of this number go: a byte of the mark; 0 when the mark is gone. */
static int error_for(const char *mark, long number) {
  unsigned char error = 0;
  int file = open(mark, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  if (pread(file, &error, 1, number) != 1) error = 0;
  close(file);
  return error;
}

static int wait_while_stalled(int descriptor) {
  const char *mark = getenv("STALLED_DISK");
  if (mark == NULL || access(mark, F_OK) != 0 || !concerns(descriptor)) return 0;
  pthread_mutex_lock(&lock);
  long number = calls++;
  note_call(mark, descriptor);
  pthread_mutex_unlock(&lock);
  while (must_wait(mark, number)) usleep(10000);
  errno = error_for(mark, number);
  return errno == 0 ? 0 : -1;
}

int fsync(int descriptor) {
  if (wait_while_stalled(descriptor) != 0) return -1;
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return real(descriptor);
}

int fdatasync(int descriptor) {
  if (wait_while_stalled(descriptor) != 0) return -1;
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return real(descriptor);
}
