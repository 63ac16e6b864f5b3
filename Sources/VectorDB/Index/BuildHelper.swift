import Glibc
package import VectorIndex

/// The second thread of builds. It works at a lower priority than the indexer, and pauses while
/// anybody reads.
///
/// There is one for all builds. A loop that begins while it is busy with another goes without it.
///
/// SAFETY (`@unchecked Sendable`): all variables are only touched between `pthread_mutex_lock` and
/// `pthread_mutex_unlock` of `mutex`; the mutex and the condition live at fixed addresses from
/// `init` to `deinit`.
package final class BuildHelper: BuildHelp, @unchecked Sendable {
  private let isDisturbing: @Sendable () -> Bool
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Started when it is first needed.
  private var thread: NativeThread?
  /// The loop that there is to help with.
  private var offered: BuildLoop?
  /// The loop that the thread is in.
  private var helped: BuildLoop?
  private var isStopped = false

  /// How long a pause lasts at least, so that reads that come at a steady pace are not disturbed.
  private static let pauseNanoseconds = 10_000_000
  /// Behind the indexer, which is at 5.
  private static let priority: Int32 = 10

  /// - Parameter isDisturbing: whether somebody has read since this was asked last, or reads. It is
  ///   asked every millisecond or so of work.
  package init(isDisturbing: @escaping @Sendable () -> Bool) {
    self.isDisturbing = isDisturbing
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

  /// Offers a loop to the thread.
  package func begin(_ loop: BuildLoop) {
    locked {
      if isStopped || offered != nil || helped != nil { return }
      thread = thread ?? NativeThread { [self] in work() }
      if thread != nil { offered = loop }
    }
  }

  /// Takes a loop back, and waits until the thread is out of it.
  package func end(_ loop: BuildLoop) {
    locked {
      if offered === loop { offered = nil }
      pthread_cond_broadcast(condition)
      while helped === loop { pthread_cond_wait(condition, mutex) }
    }
  }

  /// Ends the thread, once it is out of the loop that it helps with. Blocking.
  package func stop() {
    let thread = locked {
      isStopped = true
      defer { self.thread = nil }
      return self.thread
    }
    thread?.join()
  }

  private func work() {
    // 0 is the calling thread.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.priority)
    while let loop = next() {
      loop.help(pause: pause)
      locked {
        helped = nil
        // All of its parts are taken.
        if offered === loop { offered = nil }
      }
    }
  }

  private func next() -> BuildLoop? {
    locked {
      while offered == nil, !isStopped { pthread_cond_wait(condition, mutex) }
      helped = isStopped ? nil : offered
      return helped
    }
  }

  /// Waits while somebody reads, but for no longer than the loop is waited for.
  private func pause() {
    guard isDisturbing() else { return }
    locked {
      repeat {
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        let nanoseconds = until.tv_nsec + Self.pauseNanoseconds
        until.tv_sec += nanoseconds / 1_000_000_000
        until.tv_nsec = nanoseconds % 1_000_000_000
        while offered != nil, !isStopped {
          if pthread_cond_timedwait(condition, mutex, &until) == ETIMEDOUT { break }
        }
      } while offered != nil && !isStopped && isDisturbing()
    }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_mutex_unlock(mutex)
      pthread_cond_broadcast(condition)
    }
    return body()
  }
}
