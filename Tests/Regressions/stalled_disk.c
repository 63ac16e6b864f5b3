/* Preloaded into a server: a disk that does not come back from what it is asked to keep, while the
   file that STALLED_DISK names exists. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_while_stalled(void) {
  const char *mark = getenv("STALLED_DISK");
  while (mark != NULL && access(mark, F_OK) == 0) usleep(10000);
}

int fsync(int descriptor) {
  wait_while_stalled();
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return real(descriptor);
}

int fdatasync(int descriptor) {
  wait_while_stalled();
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return real(descriptor);
}
