package import Logging
import Synchronization

/// Writes down that something fails for a while: when that begins, once a minute as long as it
/// lasts, and when it is over. However often it is tried, and however it comes and goes, a minute
/// has two lines at most.
package final class OutageNotes: Sendable {
  private struct State {
    var lastFailure: UInt64?
    var lastLine: UInt64?
    /// Failures since the last line.
    var unsaid = 0
    /// Failures since it began.
    var count = 0
    var beganAt: UInt64 = 0
    /// Whether the last line says that it fails.
    var isTold = false
  }

  private let failing: Logger.Message
  private let over: Logger.Message?
  private let logger: Logger
  private let calm: UInt64
  private let clock: @Sendable () -> UInt64
  private let state = Mutex(State())

  static let lineEvery: UInt64 = 60_000

  /// - Parameters:
  ///   - failing: what is written while it fails.
  ///   - over: what is written when it does not any more; `nil` if nothing is.
  ///   - calm: how many milliseconds without a failure a success must follow to mean that it is
  ///     over: more than none where some attempts succeed while others fail.
  ///   - clock: a clock that does not go back, in milliseconds.
  package init(
    _ failing: Logger.Message, over: Logger.Message? = nil, calm: UInt64 = 0, logger: Logger,
    clock: @escaping @Sendable () -> UInt64
  ) {
    self.failing = failing
    self.over = over
    self.calm = calm
    self.logger = logger
    self.clock = clock
  }

  /// As above, by a clock of its own.
  package convenience init(
    _ failing: Logger.Message, over: Logger.Message? = nil, calm: UInt64 = 0, logger: Logger
  ) {
    self.init(failing, over: over, calm: calm, logger: logger, clock: Self.steadyClock())
  }

  /// A clock that does not go back, in milliseconds since now.
  static func steadyClock() -> @Sendable () -> UInt64 {
    let begin = ContinuousClock.now
    return { UInt64(max(0, (ContinuousClock.now - begin) / .milliseconds(1))) }
  }

  /// It failed once more.
  ///
  /// - Parameter details: what else is written of this failure, if it is.
  package func failed(
    _ reason: @autoclosure () -> String, level: Logger.Level = .warning,
    _ details: @autoclosure () -> Logger.Metadata = [:]
  ) {
    let now = clock()
    let said = state.withLock { state -> Int? in
      if state.count == 0 { state.beganAt = now }
      state.count += 1
      state.unsaid += 1
      state.lastFailure = now
      if let line = state.lastLine, now < line + Self.lineEvery { return nil }
      defer { state.unsaid = 0 }
      state.lastLine = now
      state.isTold = true
      return state.unsaid
    }
    guard let said else { return }
    var details = details()
    details["reason"] = "\(reason())"
    if said > 1 { details["failures"] = "\(said)" }
    logger.log(level: level, failing, metadata: details)
  }

  /// Whether it did not fail for so long that the next failure is written down anyhow.
  func isQuiet(at now: UInt64) -> Bool {
    state.withLock { state in state.lastFailure.map { now >= $0 + Self.lineEvery } ?? true }
  }

  /// It succeeded.
  package func succeeded() {
    let now = clock()
    let ended = state.withLock { state -> (count: Int, milliseconds: UInt64)? in
      guard let last = state.lastFailure, now >= last + calm else { return nil }
      defer {
        state.lastFailure = nil
        state.count = 0
        state.isTold = false
      }
      return state.isTold ? (state.count, now - state.beganAt) : nil
    }
    guard let ended, let over else { return }
    logger.notice(
      over, metadata: ["failures": "\(ended.count)", "milliseconds": "\(ended.milliseconds)"])
  }
}
