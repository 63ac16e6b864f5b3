/* Preloaded into a server: a disk that does not come back from what it is asked to keep, while the
   file that STALLED_DISK names exists. Each byte in that file lets go one call, in their order. The
   file beside it that ends in `.calls` has a line for each that waited: the path of what it is to
   keep. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int must_wait(const char *mark, long number) {
  struct stat file;
  return stat(mark, &file) == 0 && file.st_size <= number;
}

static void note_call(const char *mark, int descriptor) {
  char link[64], line[4096], notes[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, line, sizeof line - 1);
  if (length < 0) return;
  line[length] = '\n';
  snprintf(notes, sizeof notes, "%s.calls", mark);
  int file = open(notes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return;
  if (write(file, line, (size_t)length + 1) < 0) perror("stalled_disk");
  close(file);
}

static void wait_while_stalled(int descriptor) {
  const char *mark = getenv("STALLED_DISK");
  if (mark == NULL || access(mark, F_OK) != 0) return;
  pthread_mutex_lock(&lock);
  long number = calls++;
  note_call(mark, descriptor);
  pthread_mutex_unlock(&lock);
  while (must_wait(mark, number)) usleep(10000);
}

int fsync(int descriptor) {
  wait_while_stalled(descriptor);
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return real(descriptor);
}

int fdatasync(int descriptor) {
  wait_while_stalled(descriptor);
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return real(descriptor);
}
