import Synchronization

/// When the answer to a request is due, counted from the arrival of the request.
public struct Deadline: Sendable, Equatable {
  /// The time that the client gave.
  public let seconds: Int
  private let instant: ContinuousClock.Instant

  /// So many seconds after `arrival`.
  public init(seconds: Int, after arrival: ContinuousClock.Instant = .now) {
    self.seconds = seconds
    instant = arrival + .seconds(seconds)
  }

  /// Does `work` and gives its outcome or, at the latest when the time is over, throws
  /// ``CollectionError/timedOut(_:)``; then the work's task is cancelled and ends by itself. So it
  /// is when the calling task is cancelled.
  ///
  /// - Parameter operation: what clients are told took too long.
  public func answer<Value: Sendable>(
    _ operation: String, _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let answer = Answer<Value>()
    let task = Task {
      do {
        answer.end(.success(try await work()))
      } catch {
        answer.end(.failure(error))
      }
    }
    let clock = Task {
      do {
        try await Task.sleep(until: instant, clock: .continuous)
      } catch {
        return
      }
      answer.end(
        .failure(
          CollectionError.timedOut("Operation '\(operation)' timed out after \(seconds) seconds")))
      task.cancel()
    }
    defer { clock.cancel() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { answer.begin($0) }
    } onCancel: {
      task.cancel()
    }
  }

  /// A caller that is resumed once, or the outcome that it will find.
  private final class Answer<Value: Sendable>: Sendable {
    private enum State {
      case open
      case waited(CheckedContinuation<Value, any Error>)
      case ended(Result<Value, any Error>)
    }

    private let state = Mutex(State.open)

    func begin(_ caller: CheckedContinuation<Value, any Error>) {
      let result: Result<Value, any Error>? = state.withLock { state in
        if case .ended(let result) = state { return result }
        state = .waited(caller)
        return nil
      }
      if let result { caller.resume(with: result) }
    }

    func end(_ result: Result<Value, any Error>) {
      let caller: CheckedContinuation<Value, any Error>? = state.withLock { state in
        defer { if case .ended = state {} else { state = .ended(result) } }
        if case .waited(let caller) = state { return caller }
        return nil
      }
      caller?.resume(with: result)
    }
  }
}
