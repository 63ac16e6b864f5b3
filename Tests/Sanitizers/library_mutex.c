// Preloaded into tests under ThreadSanitizer: tells it of the hand-overs of Swift's own Mutex.
//
// A Mutex that nobody waits for is taken and given back by atomic operations in the code that uses
// it, which the sanitizer sees. One that is waited for is handed over by the kernel (a futex with
// inheritance of priority), from two functions of a library that is not instrumented. They are
// wrapped here: what was done before a mutex is given back happens before what is done by whoever
// takes it next. Nothing is hidden: without a mutex in common a race is reported as ever.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT_CALL __attribute__((swiftcall))
#define SWIFT_SELF __attribute__((swift_context))
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// Functions of the sanitizer, which is in the program; other programs that inherit the preloading
// have none.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

typedef SWIFT_CALL void (*LockSlow)(uint32_t thread, SWIFT_SELF void *mutex);
typedef SWIFT_CALL void (*UnlockSlow)(SWIFT_SELF void *mutex);

static LockSlow library_lock;
static UnlockSlow library_unlock;

// Threads may come here at once; all of them find the same.
static void *library_function(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (!function) abort();
  return function;
}

SWIFT_CALL void lock_slow(uint32_t thread, SWIFT_SELF void *mutex) __asm__(LOCK_SLOW);
SWIFT_CALL void lock_slow(uint32_t thread, SWIFT_SELF void *mutex) {
  LockSlow lock = __atomic_load_n(&library_lock, __ATOMIC_ACQUIRE);
  if (!lock) {
    lock = (LockSlow)library_function(LOCK_SLOW);
    __atomic_store_n(&library_lock, lock, __ATOMIC_RELEASE);
  }
  lock(thread, mutex);
  if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT_CALL void unlock_slow(SWIFT_SELF void *mutex) __asm__(UNLOCK_SLOW);
SWIFT_CALL void unlock_slow(SWIFT_SELF void *mutex) {
  UnlockSlow unlock = __atomic_load_n(&library_unlock, __ATOMIC_ACQUIRE);
  if (!unlock) {
    unlock = (UnlockSlow)library_function(UNLOCK_SLOW);
    __atomic_store_n(&library_unlock, unlock, __ATOMIC_RELEASE);
  }
  if (__tsan_release) __tsan_release(mutex);
  unlock(mutex);
}
