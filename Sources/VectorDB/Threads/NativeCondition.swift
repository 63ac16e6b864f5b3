import Glibc

/// A lock, and a condition that threads wait for while they hold it, by a clock that nobody sets.
///
/// SAFETY (`@unchecked Sendable`): the mutex and the condition, which are made for several threads,
/// live at fixed addresses from `init` to `deinit`.
final class NativeCondition: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Holds the lock meanwhile.
  func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Has all threads that wait look again.
  func wake() { pthread_cond_broadcast(condition) }

  /// Lets go of the lock until somebody wakes the threads; with it held.
  func wait() { pthread_cond_wait(condition, mutex) }

  /// As ``wait()``, up to a moment.
  ///
  /// - Returns: false when that has come.
  func wait(until moment: Moment) -> Bool {
    var time = moment.time
    return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
  }

  /// A time of that clock.
  struct Moment {
    fileprivate var time = timespec()

    /// So many milliseconds from now.
    init(inMilliseconds milliseconds: Int) {
      clock_gettime(CLOCK_MONOTONIC, &time)
      let nanoseconds = time.tv_nsec + (milliseconds % 1000) * 1_000_000
      time.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
      time.tv_nsec = nanoseconds % 1_000_000_000
    }
  }
}
