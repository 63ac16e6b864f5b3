import Synchronization

/// Room for what large bodies take while they are parsed: several times their size, beside the
/// bodies themselves. Those that find none wait for their turn, the oldest first; a body of any
/// size has its turn when no other is parsed.
///
/// So large bodies are parsed one by one, whatever the number of threads, and hold up neither each
/// other's memory nor all threads that may be held up.
package final class ParsingRoom: Sendable {
  /// Up to this many bytes a body is parsed without asking: as many as there are threads for it.
  package static let bytesWorthAsking = 1 << 20
  /// Bytes that large bodies may take together while they are parsed; one of any size is alone.
  package static let bytesMax = 128 << 20

  /// Bytes that all bodies together may take.
  private let capacity: Int
  private let state = Mutex(State())

  private struct State {
    var taken = 0
    var nextID: UInt64 = 0
    /// Those that wait, oldest first.
    var waiting: [Wait] = []
  }

  private struct Wait {
    let id: UInt64
    let bytes: Int
    let continuation: CheckedContinuation<Bool, Never>
  }

  /// - Parameter capacity: in bytes.
  package init(capacity: Int = ParsingRoom.bytesMax) {
    self.capacity = capacity
  }

  /// Bodies that wait for their turn.
  package var waiting: Int { state.withLock { $0.waiting.count } }

  /// Does `work` once there is room for `bytes`.
  ///
  /// - Throws: `CancellationError` when the task was cancelled while it waited, the error of a
  ///   caller who waits no longer, and what `work` throws.
  package func withRoom<Value>(
    for bytes: Int, _ call: ServiceCall? = nil, _ work: () async throws -> Value
  ) async throws -> Value {
    guard await enter(bytes, until: call?.deadline) else {
      if let call, call.isOver { throw call.late("Request body") }
      throw CancellationError()
    }
    defer { leave(bytes) }
    return try await work()
  }

  private func enter(_ bytes: Int, until deadline: ContinuousClock.Instant?) async -> Bool {
    let isFree = state.withLock { state in
      guard state.waiting.isEmpty, fits(bytes, state) else { return false }
      state.taken += bytes
      return true
    }
    if isFree { return true }
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    let clock = deadline.map { deadline in
      Task {
        if (try? await Task.sleep(until: deadline, clock: .continuous)) != nil { giveUp(id) }
      }
    }
    defer { clock?.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let entered: [Wait] = state.withLock { state in
          state.waiting.append(Wait(id: id, bytes: bytes, continuation: continuation))
          return Task.isCancelled ? [] : admit(&state)
        }
        for wait in entered { wait.continuation.resume(returning: true) }
        if Task.isCancelled || deadline.map({ $0 <= .now }) ?? false { giveUp(id) }
      }
    } onCancel: {
      giveUp(id)
    }
  }

  private func leave(_ bytes: Int) {
    let entered = state.withLock { state in
      state.taken -= bytes
      return admit(&state)
    }
    for wait in entered { wait.continuation.resume(returning: true) }
  }

  private func giveUp(_ id: UInt64) {
    let (left, entered) = state.withLock { state -> (Wait?, [Wait]) in
      guard let place = state.waiting.firstIndex(where: { $0.id == id }) else { return (nil, []) }
      let left = state.waiting.remove(at: place)
      return (left, admit(&state))
    }
    left?.continuation.resume(returning: false)
    for wait in entered { wait.continuation.resume(returning: true) }
  }

  private func fits(_ bytes: Int, _ state: State) -> Bool {
    state.taken == 0 || state.taken + bytes <= capacity
  }

  private func admit(_ state: inout State) -> [Wait] {
    var entered: [Wait] = []
    while let next = state.waiting.first, fits(next.bytes, state) {
      state.taken += next.bytes
      entered.append(state.waiting.removeFirst())
    }
    return entered
  }
}
