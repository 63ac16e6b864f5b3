import Glibc
package import VectorIndex

/// The second thread of builds. It works at a lower priority than the indexer, and pauses while
/// anybody reads.
///
/// There is one for all builds. A loop that begins while it is busy with another goes without it.
///
/// SAFETY (`@unchecked Sendable`): all variables are only touched while `condition` is locked.
package final class BuildHelper: BuildHelp, @unchecked Sendable {
  private let isDisturbing: @Sendable () -> Bool
  private let condition = NativeCondition()
  /// Started when it is first needed.
  private var thread: NativeThread?
  /// The loop that there is to help with.
  private var offered: BuildLoop?
  /// The loop that the thread is in.
  private var helped: BuildLoop?
  private var isStopped = false

  /// How long a pause lasts at least, so that reads that come at a steady pace are not disturbed.
  private static let pauseMilliseconds = 10
  /// Behind the indexer, which is at 5.
  private static let priority: Int32 = 10

  /// - Parameter isDisturbing: whether somebody has read since this was asked last, or reads. It is
  ///   asked every millisecond or so of work.
  package init(isDisturbing: @escaping @Sendable () -> Bool) {
    self.isDisturbing = isDisturbing
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
      condition.wake()
      while helped === loop { condition.wait() }
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
      while offered == nil, !isStopped { condition.wait() }
      helped = isStopped ? nil : offered
      return helped
    }
  }

  /// Waits while somebody reads, but for no longer than the loop is waited for.
  private func pause() {
    guard isDisturbing() else { return }
    locked {
      repeat {
        let moment = NativeCondition.Moment(inMilliseconds: Self.pauseMilliseconds)
        while offered != nil, !isStopped, condition.wait(until: moment) {}
      } while offered != nil && !isStopped && isDisturbing()
    }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    defer { condition.wake() }
    return condition.locked(body)
  }
}
