import SharedLog
import Synchronization
package import VectorDB

/// Those who wait until a segment of the log is in the database. Calls may be made from any task.
package final class SegmentWaiters: Sendable {
  private struct State {
    var applied: UInt64 = 0
    var lastID: UInt64 = 0
    var waiting: [UInt64: (segment: UInt64, wake: CheckedContinuation<Bool, Never>)] = [:]
    var hasEnded = false
  }

  /// Reads that may wait for the log at once; more are refused.
  package static let waitingMax = 4096

  private let state = Mutex(State())

  /// Nobody waits, and nothing is applied.
  package init() {}

  /// Notes that the database holds everything up to a segment.
  package func reached(_ segment: UInt64) {
    let ready = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
      guard segment > state.applied else { return [] }
      state.applied = segment
      let ready = state.waiting.filter { $0.value.segment <= segment }
      for id in ready.keys { state.waiting[id] = nil }
      return ready.values.map(\.wake)
    }
    for wake in ready { wake.resume(returning: true) }
  }

  /// Notes that nothing more comes.
  package func end() {
    let left = state.withLock { state in
      state.hasEnded = true
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    for waiter in left { waiter.wake.resume(returning: false) }
  }

  /// Waits until the database holds everything up to a segment; `false` when it will not, too many
  /// wait, or the task is cancelled.
  package func wait(for segment: UInt64) async -> Bool {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { (wake: CheckedContinuation<Bool, Never>) in
        let outcome = state.withLock { state -> Bool? in
          if state.applied >= segment { return true }
          let isFull = state.waiting.count >= Self.waitingMax
          if state.hasEnded || isFull || Task.isCancelled { return false }
          state.waiting[id] = (segment, wake)
          return nil
        }
        if let outcome { wake.resume(returning: outcome) }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: id) }?.wake.resume(returning: false)
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
    if head > applied { handle(.hinted(head)) }
    guard await waiters.wait(for: head) else {
      throw .unavailable("this server does not follow the log now")
    }
  }
}
