import Synchronization

/// Lets tasks sleep until something that other threads change is as they want it.
///
/// Whoever changes it rings; each ring has those who wait look again. A ring without waiters costs
/// one lock.
package final class Gate: Sendable {
  private let state = Mutex(State())

  /// Nobody waits yet.
  package init() {}

  private struct State {
    var rings: UInt64 = 0
    var nextWaiter: UInt64 = 0
    var waiters: [UInt64: UnsafeContinuation<Void, Never>] = [:]
  }

  /// Has those who wait look again.
  package func ring() {
    let waiters = state.withLock { state in
      state.rings += 1
      defer { state.waiters = [:] }
      return state.waiters
    }
    for waiter in waiters.values { waiter.resume() }
  }

  /// Waits until `isOpen` says so; it is asked first, and again after every ring.
  ///
  /// - Throws: `CancellationError` when the calling task is cancelled first.
  package func wait(until isOpen: () -> Bool) async throws(CancellationError) {
    while true {
      // What changes from here on rings, and that is seen below.
      let seen = state.withLock { $0.rings }
      if isOpen() { return }
      if Task.isCancelled { throw CancellationError() }
      await nextRing(after: seen)
    }
  }

  private func nextRing(after seen: UInt64) async {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let waits = state.withLock { state in
          // A task that was cancelled already finds its handler run.
          if state.rings != seen || Task.isCancelled { return false }
          state.waiters[number] = continuation
          return true
        }
        if !waits { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
    }
  }
}
