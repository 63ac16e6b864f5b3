import Glibc

/// Lets a thread sleep for a time and be woken early, to work or to end.
///
/// SAFETY (`@unchecked Sendable`): `isStopped` and `isRung` are only touched between
/// `pthread_mutex_lock` and `pthread_mutex_unlock` of `mutex`; the mutex and the condition live at
/// fixed addresses from `init` to `deinit`.
package final class StopSignal: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var isStopped = false
  private var isRung = false

  /// A signal that has not been given.
  package init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // A clock that nobody sets.
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

  /// Waits until the time has passed, somebody rings, or the end.
  ///
  /// - Returns: false at the end.
  package func wait(milliseconds: Int) -> Bool {
    var until = timespec()
    clock_gettime(CLOCK_MONOTONIC, &until)
    let nanoseconds = until.tv_nsec + (milliseconds % 1000) * 1_000_000
    until.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
    until.tv_nsec = nanoseconds % 1_000_000_000
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isStopped, !isRung {
      if pthread_cond_timedwait(condition, mutex, &until) == ETIMEDOUT { break }
    }
    isRung = false
    return !isStopped
  }

  /// Waits until somebody rings, or the end.
  ///
  /// - Returns: false at the end.
  package func wait() -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isStopped, !isRung { pthread_cond_wait(condition, mutex) }
    isRung = false
    return !isStopped
  }

  /// Whether the end was asked for.
  package var isSet: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return isStopped
  }

  /// Ends the current wait.
  package func ring() {
    pthread_mutex_lock(mutex)
    isRung = true
    pthread_mutex_unlock(mutex)
    pthread_cond_broadcast(condition)
  }

  /// Ends this and all later waits.
  package func stop() {
    pthread_mutex_lock(mutex)
    isStopped = true
    pthread_mutex_unlock(mutex)
    pthread_cond_broadcast(condition)
  }
}
