import Glibc
import Synchronization

/// The turn of one piece of work on a search thread: after a slice of time it gives way to work
/// that waits, and goes on later.
///
/// SAFETY (`@unchecked Sendable`): the semaphore lives at a fixed address from `init` to `deinit`,
/// which the thread that waits on it and the one that posts it both outlive by their references;
/// everything else is atomic.
final class SearchTurn: @unchecked Sendable {
  private let resumed = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  private let threads: SearchThreads
  private let end = Atomic<UInt64>(0)

  init(on threads: SearchThreads) {
    self.threads = threads
    resumed.initialize(to: sem_t())
    sem_init(resumed, 0, 0)
  }

  deinit {
    sem_destroy(resumed)
    resumed.deallocate()
  }

  /// Nanoseconds of a clock that never goes back.
  static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Begins a slice.
  func begin() { end.store(Self.now + SearchThreads.slice, ordering: .relaxed) }

  /// Waits while others have their turns, if this one is over and others wait.
  func giveWayIfOver() {
    if Self.now < end.load(ordering: .relaxed) { return }
    if threads.giveWay(self) {
      while sem_wait(resumed) != 0 && errno == EINTR {}
    }
    begin()
  }

  /// Lets the work go on.
  func resume() { sem_post(resumed) }
}
