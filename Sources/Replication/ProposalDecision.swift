import Glibc
import Synchronization

/// What became of an entry that was proposed, for the thread that waits for it.
///
/// SAFETY: the semaphore lives at a fixed address from `init` to `deinit`, which the one waiting
/// and the one deciding both outlive by their references; the outcome is behind a lock.
final class ProposalDecision: @unchecked Sendable {
  enum Outcome: Sendable {
    /// It is in the log.
    case written
    /// It is not, or that is not known: the reason.
    case refused(String)
  }

  private let done = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  private let decided = Mutex<Outcome?>(nil)

  init() {
    done.initialize(to: sem_t())
    sem_init(done, 0, 0)
  }

  deinit {
    sem_destroy(done)
    done.deallocate()
  }

  /// Wakes who waits. Once.
  func decide(_ outcome: Outcome) {
    decided.withLock { $0 = outcome }
    sem_post(done)
  }

  /// Waits for the outcome. Blocking.
  func wait() -> Outcome {
    while sem_wait(done) != 0 {}
    return decided.withLock { $0 } ?? .refused("it was given up")
  }
}

/// The time of a server's state machine, in milliseconds: that of the day when it began, and from
/// then on what passed, also while the machine slept.
struct ReplicaClock: Sendable {
  private let begun = ContinuousClock.now
  private let zero = WallClock.milliseconds()

  var milliseconds: UInt64 {
    let (seconds, attoseconds) = (ContinuousClock.now - begun).components
    return zero + UInt64(max(0, seconds)) * 1000
      + UInt64(max(0, attoseconds)) / 1_000_000_000_000_000
  }
}
