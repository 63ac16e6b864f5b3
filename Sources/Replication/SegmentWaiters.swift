import SharedLog
import Synchronization
package import VectorDB

/// Those who wait until a segment of the log is in the database. Calls may be made from any task.
final class SegmentWaiters: Sendable {
  private struct State {
    var applied: UInt64 = 0
    var waiting: [(segment: UInt64, wake: CheckedContinuation<Bool, Never>)] = []
    var hasEnded = false
  }

  /// Those who may wait at once.
  private static let waitingMax = 4096

  private let state = Mutex(State())

  /// Notes that the database holds everything up to a segment.
  func reached(_ segment: UInt64) {
    let ready = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
      guard segment > state.applied else { return [] }
      state.applied = segment
      let ready = state.waiting.filter { $0.segment <= segment }
      state.waiting.removeAll { $0.segment <= segment }
      return ready.map(\.wake)
    }
    for wake in ready { wake.resume(returning: true) }
  }

  /// Notes that nothing more comes.
  func end() {
    let left = state.withLock { state in
      state.hasEnded = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for waiter in left { waiter.wake.resume(returning: false) }
  }

  /// Waits until the database holds everything up to a segment; `false` when it will not, or too
  /// many wait.
  func wait(for segment: UInt64) async -> Bool {
    await withCheckedContinuation { (wake: CheckedContinuation<Bool, Never>) in
      let outcome = state.withLock { state -> Bool? in
        if state.applied >= segment { return true }
        if state.hasEnded || state.waiting.count >= Self.waitingMax { return false }
        state.waiting.append((segment, wake))
        return nil
      }
      if let outcome { wake.resume(returning: outcome) }
    }
  }
}

extension ReplicaDriver {
  /// Waits until the database holds all that is in the log now. It costs two requests to the store.
  ///
  /// - Throws: ``CollectionError/unavailable(_:)`` when the store does not say how far that is, or
  ///   the database does not follow the log any more.
  package func catchUp() async throws(CollectionError) {
    let applied = state.withLock { $0.machine.applied }
    let head: UInt64
    do throws(SharedLogError) {
      head = try await log.head(after: applied)
    } catch {
      throw .unavailable("how far the log reaches can't be found out: \(error.sentence)")
    }
    guard await waiters.wait(for: head) else {
      throw .unavailable("this server does not follow the log now")
    }
  }
}
