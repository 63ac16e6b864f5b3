// Preloaded into the server by the proofs of Tests/Crash. It does two things to the files under one
// folder, RocksDB's LOG excepted, and to nothing else:
//
//  * It logs whatever makes bytes or names durable, so that the driver can rebuild what a power cut
//    would have left: QUIVER_CRASH_LOG names the log, QUIVER_CRASH_KEEP a folder on the same file
//    system in which every file made keeps a second name, its inode number, when it is unlinked.
//  * It lets calls fail: QUIVER_CRASH_CONTROL names a file with a `struct control`.
//
// Log lines, fields parted by tabs:
//   C inode path         a file was made            S inode size path   bytes below size are synced
//   W inode size path    a file has size bytes      D path              names in a folder are synced
//   T inode size path    a file was cut to size
//   R from to            renamed                    U path              unlinked
//   K from to            linked

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { KIND_WRITE = 1, KIND_SYNC = 2, KIND_OPEN = 4, KIND_NAME = 8, KIND_ROOM = 16 };

// Shared with the driver, which arms it while the server runs.
struct control {
  _Atomic int armed;   // calls are counted while this is not 0
  _Atomic int target;  // the number of the call that fails, from 1
  _Atomic int error;   // errno of the failure
  _Atomic int sticky;  // not 0: all later calls fail too
  _Atomic int mask;    // kinds that are counted
  _Atomic int calls;   // calls counted so far
  _Atomic int fired;   // calls that failed
  _Atomic int syncs;   // those of them that were syncs
};

static char root[PATH_MAX];
static size_t root_length;
static char keep[PATH_MAX];
static int log_file = -1;
static struct control *control;
static pthread_mutex_t names = PTHREAD_MUTEX_INITIALIZER;

enum { DESCRIPTORS = 1 << 16 };
static _Atomic unsigned char watched[DESCRIPTORS];

#define REAL(result, name, ...)                                      \
  static result (*real_##name)(__VA_ARGS__);                         \
  static void find_##name(void) {                                    \
    if (!real_##name) *(void **)&real_##name = dlsym(RTLD_NEXT, #name); \
  }

REAL(int, open, const char *, int, ...)
REAL(int, close, int)
REAL(FILE *, fdopen, int, const char *)
REAL(ssize_t, write, int, const void *, size_t)
REAL(ssize_t, pwrite, int, const void *, size_t, off_t)
REAL(int, fsync, int)
REAL(int, fdatasync, int)
REAL(int, rename, const char *, const char *)
REAL(int, link, const char *, const char *)
REAL(int, unlink, const char *)
REAL(int, ftruncate, int, off_t)
REAL(int, fallocate, int, int, off_t, off_t)

static void find_all(void) {
  find_open();
  find_close();
  find_fdopen();
  find_write();
  find_pwrite();
  find_fsync();
  find_fdatasync();
  find_rename();
  find_link();
  find_unlink();
  find_ftruncate();
  find_fallocate();
}

__attribute__((constructor)) static void start(void) {
  find_all();
  const char *folder = getenv("QUIVER_CRASH_ROOT");
  if (!folder || strlen(folder) >= sizeof root) return;
  strcpy(root, folder);
  root_length = strlen(root);
  const char *kept = getenv("QUIVER_CRASH_KEEP");
  if (kept && strlen(kept) < sizeof keep) strcpy(keep, kept);
  const char *log = getenv("QUIVER_CRASH_LOG");
  if (log) log_file = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const char *file = getenv("QUIVER_CRASH_CONTROL");
  if (!file) return;
  int descriptor = real_open(file, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return;
  void *memory =
      mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory != MAP_FAILED) control = memory;
  real_close(descriptor);
}

// RocksDB's own log for humans, LOG, is not part of the store.
static int is_inside(const char *path) {
  if (!root_length || !path || strncmp(path, root, root_length) != 0) return 0;
  const char *name = strrchr(path, '/');
  if (name && strncmp(name, "/LOG", 4) == 0 && name[4] != 'K') return 0;
  return path[root_length] == '/' || path[root_length] == '\0';
}

static int is_watched(int descriptor) {
  return descriptor >= 0 && descriptor < DESCRIPTORS && watched[descriptor];
}

// Whether this call is to fail; sets errno.
static int fails(enum kind kind) {
  if (!control || !control->armed || !(control->mask & kind)) return 0;
  int number = atomic_fetch_add(&control->calls, 1) + 1;
  int target = control->target;
  if (number < target || (number > target && !control->sticky)) return 0;
  atomic_fetch_add(&control->fired, 1);
  if (kind == KIND_SYNC) atomic_fetch_add(&control->syncs, 1);
  errno = control->error;
  return 1;
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...) {
  if (log_file < 0) return;
  int saved = errno;
  char line[3 * PATH_MAX];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length > 0 && (size_t)length < sizeof line) {
    // One write in append mode: lines of several threads do not mix.
    if (real_write(log_file, line, (size_t)length) != length) abort();
  }
  errno = saved;
}

static void keep_file(const char *path, unsigned long long inode) {
  if (!keep[0]) return;
  char name[2 * PATH_MAX];
  snprintf(name, sizeof name, "%s/%llu", keep, inode);
  int saved = errno;
  real_link(path, name);
  errno = saved;
}

static int open_inside(const char *path, int flags, mode_t mode) {
  if (!(flags & O_CREAT)) return real_open(path, flags, mode);
  if (fails(KIND_OPEN)) return -1;
  pthread_mutex_lock(&names);
  struct stat before, after;
  int existed = stat(path, &before) == 0;
  int descriptor = real_open(path, flags, mode);
  if (descriptor >= 0 && fstat(descriptor, &after) == 0) {
    if (!existed) {
      keep_file(path, after.st_ino);
      note("C\t%llu\t%s\n", (unsigned long long)after.st_ino, path);
    } else if ((flags & O_TRUNC) && before.st_size > 0) {
      note("T\t%llu\t0\t%s\n", (unsigned long long)after.st_ino, path);
    }
  }
  pthread_mutex_unlock(&names);
  return descriptor;
}

int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & (O_CREAT | __O_TMPFILE)) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  find_open();
  int inside = is_inside(path);
  int descriptor = inside ? open_inside(path, flags, mode) : real_open(path, flags, mode);
  if (descriptor < 0 || descriptor >= DESCRIPTORS) return descriptor;
  struct stat status;
  int can_change = (flags & O_ACCMODE) != O_RDONLY ||
                   (inside && fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode));
  watched[descriptor] = inside && can_change;
  return descriptor;
}

// What becomes a stream is closed behind our back.
FILE *fdopen(int descriptor, const char *mode) {
  find_fdopen();
  if (is_watched(descriptor)) watched[descriptor] = 0;
  return real_fdopen(descriptor, mode);
}

int close(int descriptor) {
  find_close();
  if (is_watched(descriptor)) watched[descriptor] = 0;
  return real_close(descriptor);
}

static void note_size(char mark, int descriptor) {
  struct stat status;
  if (log_file < 0 || fstat(descriptor, &status) != 0) return;
  note("%c\t%llu\t%lld\t-\n", mark, (unsigned long long)status.st_ino,
       (long long)status.st_size);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  find_write();
  if (is_watched(descriptor) && fails(KIND_WRITE)) {
    // A disk that fills up takes the first part of a write.
    if (errno == ENOSPC && count > 1 && control->calls == control->target) {
      return real_write(descriptor, bytes, count / 2);
    }
    return -1;
  }
  ssize_t result = real_write(descriptor, bytes, count);
  if (is_watched(descriptor)) note_size('W', descriptor);
  return result;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  find_pwrite();
  if (is_watched(descriptor) && fails(KIND_WRITE)) return -1;
  ssize_t result = real_pwrite(descriptor, bytes, count, offset);
  if (is_watched(descriptor)) note_size('W', descriptor);
  return result;
}

static int sync_folder(int descriptor, int (*real)(int)) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return real(descriptor);
  path[length] = '\0';
  // No name may come between the sync and its line.
  pthread_mutex_lock(&names);
  int result = real(descriptor);
  if (result == 0) note("D\t%s\n", path);
  pthread_mutex_unlock(&names);
  return result;
}

static int sync_watched(int descriptor, int (*real)(int)) {
  if (fails(KIND_SYNC)) return -1;
  struct stat status;
  if (fstat(descriptor, &status) != 0) return real(descriptor);
  if (S_ISDIR(status.st_mode)) return sync_folder(descriptor, real);
  // The size from before the sync: what is written while it runs may not be in it.
  int result = real(descriptor);
  if (result == 0) {
    note("S\t%llu\t%lld\t-\n", (unsigned long long)status.st_ino, (long long)status.st_size);
  }
  return result;
}

int fsync(int descriptor) {
  find_fsync();
  return is_watched(descriptor) ? sync_watched(descriptor, real_fsync) : real_fsync(descriptor);
}

int fdatasync(int descriptor) {
  find_fdatasync();
  return is_watched(descriptor) ? sync_watched(descriptor, real_fdatasync)
                                : real_fdatasync(descriptor);
}

static int change_name(char mark, const char *from, const char *to,
                       int (*real)(const char *, const char *)) {
  if (fails(KIND_NAME)) return -1;
  pthread_mutex_lock(&names);
  int result = real(from, to);
  if (result == 0) note("%c\t%s\t%s\n", mark, from, to);
  pthread_mutex_unlock(&names);
  return result;
}

int rename(const char *from, const char *to) {
  find_rename();
  if (!is_inside(from) && !is_inside(to)) return real_rename(from, to);
  return change_name('R', from, to, real_rename);
}

int link(const char *from, const char *to) {
  find_link();
  if (!is_inside(from) && !is_inside(to)) return real_link(from, to);
  return change_name('K', from, to, real_link);
}

int unlink(const char *path) {
  find_unlink();
  if (!is_inside(path)) return real_unlink(path);
  pthread_mutex_lock(&names);
  int result = real_unlink(path);
  if (result == 0) note("U\t%s\n", path);
  pthread_mutex_unlock(&names);
  return result;
}

int ftruncate(int descriptor, off_t size) {
  find_ftruncate();
  if (!is_watched(descriptor)) return real_ftruncate(descriptor, size);
  if (fails(KIND_ROOM)) return -1;
  struct stat status;
  int known = fstat(descriptor, &status) == 0;
  int result = real_ftruncate(descriptor, size);
  // RocksDB cuts a file to the size it has, to give back what it had reserved.
  if (result == 0 && known && size < status.st_size) {
    note("T\t%llu\t%lld\t-\n", (unsigned long long)status.st_ino, (long long)size);
  }
  return result;
}

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
  find_fallocate();
  if (is_watched(descriptor) && fails(KIND_ROOM)) return -1;
  return real_fallocate(descriptor, mode, offset, length);
}
