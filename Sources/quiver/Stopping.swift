import Synchronization

/// A server that was told to stop: since when, and who closes its database. That is whoever comes
/// first, the end of all connections or the end of their time.
final class Stopping: Sendable {
  private struct State {
    var since: ContinuousClock.Instant?
    /// Ends the process when the connections' time is over.
    var late: Task<Void, Never>?
    var isClosing = false
  }

  private let state = Mutex(State())

  /// When it was told to.
  var since: ContinuousClock.Instant? { state.withLock { $0.since } }

  /// - Parameter late: ends the process if it is the first to close the database.
  func begin(late: Task<Void, Never>) {
    state.withLock { state in
      state.since = .now
      state.late = late
    }
  }

  /// Whether nobody closes the database yet: the caller does from now on.
  func isFirst() -> Bool {
    state.withLock { state in
      defer { state.isClosing = true }
      return !state.isClosing
    }
  }

  /// Returns where the caller is the first to close the database; otherwise the process ends.
  func waitUnlessFirst() async {
    if !isFirst() { await state.withLock { $0.late }?.value }
  }
}
