/// Lets a thread sleep for a time and be woken early, to work or to end.
///
/// SAFETY (`@unchecked Sendable`): `isStopped` and `isRung` are only touched while `condition` is
/// locked.
package final class StopSignal: @unchecked Sendable {
  private let condition = NativeCondition()
  private var isStopped = false
  private var isRung = false

  /// A signal that has not been given.
  package init() {}

  /// Waits until the time has passed, somebody rings, or the end.
  ///
  /// - Returns: false at the end.
  package func wait(milliseconds: Int) -> Bool {
    let moment = NativeCondition.Moment(inMilliseconds: milliseconds)
    return condition.locked {
      while !isStopped, !isRung, condition.wait(until: moment) {}
      isRung = false
      return !isStopped
    }
  }

  /// Waits until somebody rings, or the end.
  ///
  /// - Returns: false at the end.
  package func wait() -> Bool {
    condition.locked {
      while !isStopped, !isRung { condition.wait() }
      isRung = false
      return !isStopped
    }
  }

  /// Whether the end was asked for.
  package var isSet: Bool { condition.locked { isStopped } }

  /// Ends the current wait.
  package func ring() {
    condition.locked { isRung = true }
    condition.wake()
  }

  /// Ends this and all later waits.
  package func stop() {
    condition.locked { isStopped = true }
    condition.wake()
  }
}
