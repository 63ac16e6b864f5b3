import Synchronization

/// Counts the payloads and vectors of an answer that is held whole, as they are read, and holds a
/// lease on them. It is given back when nobody keeps the meter any more: whoever has the answer
/// keeps it until the answer is sent.
public final class AnswerMeter: Sendable {
  private struct State {
    var counted = 0
    var lease: MemoryLease?
  }

  /// What is taken of the budget at once; the last so many bytes are not asked for.
  private static let step = 256 << 10

  private let memory: MemoryBudget
  private let state = Mutex(State())

  init(_ memory: MemoryBudget) {
    self.memory = memory
  }

  /// Counts bytes that have become part of the answer.
  ///
  /// - Throws: as ``Database/lease(_:for:)`` when there is no room for more.
  func add(_ bytes: Int) throws(CollectionError) {
    let result: Result<Void, CollectionError> = state.withLock { state in
      state.counted += bytes
      let missing = state.counted - (state.lease?.bytes ?? 0)
      if missing < Self.step { return .success(()) }
      do throws(CollectionError) {
        if let lease = state.lease {
          try lease.grow(by: missing)
        } else {
          state.lease = try memory.lease(missing, for: .answer)
        }
        return .success(())
      } catch {
        // Whether all of it could ever be had is what the caller is told.
        state.lease?.release()
        state.lease = nil
        do throws(CollectionError) {
          try memory.lease(state.counted, for: .answer).release()
          return .failure(error)
        } catch {
          return .failure(error)
        }
      }
    }
    try result.get()
  }
}

/// An answer that is held whole, with the memory that it was given.
public struct HeldAnswer<Value: Sendable>: Sendable {
  /// The answer.
  public let value: Value
  private let meter: AnswerMeter

  init(_ value: Value, _ meter: AnswerMeter) {
    self.value = value
    self.meter = meter
  }
}
