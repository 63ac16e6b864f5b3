import HTTPTypes
import Synchronization

/// A shared allowance of bytes that request bodies take from while they are in memory.
///
/// Grants are first come, first served; a request that finds no room waits for a bounded time.
/// One uncontended call costs one lock.
package final class ByteBudget: Sendable {
  private struct Waiter {
    let id: UInt64
    let bytes: Int
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var available: Int
    var nextID: UInt64 = 0
    var waiters: [Waiter] = []
  }

  package let capacity: Int
  private let patience: Duration
  private let waitersMax: Int
  private let state: Mutex<State>

  package init(capacity: Int, patience: Duration = .seconds(5), waitersMax: Int = 1024) {
    self.capacity = capacity
    self.patience = patience
    self.waitersMax = waitersMax
    state = Mutex(State(available: capacity))
  }

  /// Bytes that nobody holds.
  package var available: Int { state.withLock { $0.available } }

  /// Requests that wait for room.
  package var waiting: Int { state.withLock { $0.waiters.count } }

  /// Takes `bytes`, at most the whole capacity, and returns how many were taken; every grant
  /// must be given back with ``release(_:)``.
  ///
  /// - Throws: 429 with `Retry-After` when there was no room in time.
  package func acquire(_ bytes: Int) async throws(RESTError) -> Int {
    let bytes = min(bytes, capacity)
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    let granted = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let decision: Bool? = state.withLock { state in
          if state.waiters.isEmpty, state.available >= bytes {
            state.available -= bytes
            return true
          }
          if state.waiters.count >= waitersMax { return false }
          state.waiters.append(Waiter(id: id, bytes: bytes, continuation: continuation))
          return nil
        }
        if let decision {
          continuation.resume(returning: decision)
        } else {
          Task {
            try? await Task.sleep(for: patience)
            giveUp(id)
          }
        }
      }
    } onCancel: {
      giveUp(id)
    }
    if !granted {
      throw RESTError(
        .tooManyRequests,
        "Rate limiting exceeded: request bodies in flight exceed the limit (\(capacity) bytes)",
        retryAfterSeconds: 1)
    }
    return bytes
  }

  /// Gives bytes back and wakes the waiters that now fit.
  package func release(_ bytes: Int) {
    if bytes == 0 { return }
    let woken: [Waiter] = state.withLock { state in
      state.available += bytes
      return Self.admit(&state)
    }
    for waiter in woken { waiter.continuation.resume(returning: true) }
  }

  private func giveUp(_ id: UInt64) {
    let (waiter, woken): (Waiter?, [Waiter]) = state.withLock { state in
      guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return (nil, []) }
      let waiter = state.waiters.remove(at: index)
      // The one that left may have been all that stood before smaller ones.
      return (waiter, Self.admit(&state))
    }
    waiter?.continuation.resume(returning: false)
    for waiter in woken { waiter.continuation.resume(returning: true) }
  }

  private static func admit(_ state: inout State) -> [Waiter] {
    var admitted = 0
    while admitted < state.waiters.count, state.waiters[admitted].bytes <= state.available {
      state.available -= state.waiters[admitted].bytes
      admitted += 1
    }
    let woken = Array(state.waiters.prefix(admitted))
    state.waiters.removeFirst(admitted)
    return woken
  }
}
