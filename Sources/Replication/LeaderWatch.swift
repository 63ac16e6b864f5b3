import SharedLog
import Synchronization

/// Who leads, for those who wait for that to change. Calls may be made from any task.
final class LeaderWatch: Sendable {
  private struct State {
    var leader: WriterID?
    var lastID: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Mutex(State())

  /// Notes who leads now, as far as this server knows.
  func note(_ leader: WriterID?) {
    let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      if state.leader == leader { return [] }
      state.leader = leader
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    for waiter in waiting { waiter.resume() }
  }

  /// Returns when a server does not lead any more, or when the task is cancelled.
  func changed(from writer: WriterID) async {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let isOver = state.withLock { state in
          if state.leader != writer || Task.isCancelled { return true }
          state.waiting[id] = waiter
          return false
        }
        if isOver { waiter.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }
  }
}
