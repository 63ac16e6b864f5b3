import Synchronization

/// Waits for work no longer than its caller does: the answer comes when the time is over, whatever
/// the work is waiting for.
enum Patience {
  /// The outcome of `work`; `nil` when it is not there at `deadline`.
  ///
  /// - Parameter givesUp: whether the work's task is cancelled then, and when the caller's is;
  ///   otherwise the work goes on, and what it throws later is nobody's.
  static func outcome<Value: Sendable, Failure>(
    by deadline: ContinuousClock.Instant?, givesUp: Bool,
    of work: @escaping @Sendable () async throws(Failure) -> Value
  ) async throws(Failure) -> Value? {
    guard let deadline else { return try await work() }
    let waiting = Waiting<Value, Failure>()
    let task = Task {
      do throws(Failure) {
        waiting.end(.success(try await work()))
      } catch {
        waiting.end(.failure(error))
      }
    }
    let clock = Task {
      do {
        try await Task.sleep(until: deadline, clock: .continuous)
      } catch {
        // The work was done before.
        return
      }
      waiting.end(.success(nil))
      if givesUp { task.cancel() }
    }
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { waiting.begin($0) }
    } onCancel: {
      if givesUp { task.cancel() }
    }
    clock.cancel()
    return try outcome.get()
  }

  /// A caller that is resumed once, or the outcome that it will find.
  private final class Waiting<Value: Sendable, Failure: Error>: Sendable {
    typealias Outcome = Result<Value?, Failure>

    private enum State {
      case open
      case waited(CheckedContinuation<Outcome, Never>)
      case ended(Outcome)
    }

    private let state = Mutex(State.open)

    func begin(_ caller: CheckedContinuation<Outcome, Never>) {
      let outcome: Outcome? = state.withLock { state in
        if case .ended(let outcome) = state { return outcome }
        state = .waited(caller)
        return nil
      }
      if let outcome { caller.resume(returning: outcome) }
    }

    func end(_ outcome: Outcome) {
      let caller: CheckedContinuation<Outcome, Never>? = state.withLock { state in
        defer { if case .ended = state {} else { state = .ended(outcome) } }
        if case .waited(let caller) = state { return caller }
        return nil
      }
      caller?.resume(returning: outcome)
    }
  }
}

extension ServiceCall {
  /// Does work for as long as the caller waits.
  ///
  /// - Parameter operation: what callers are told took too long.
  /// - Throws: when the caller's time is over, at once, that it is, and the work's task is
  ///   cancelled; else what `work` throws.
  package func whileWaited<Value: Sendable>(
    for operation: String, _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    guard let value = try await Patience.outcome(by: deadline, givesUp: true, of: work) else {
      throw late(operation)
    }
    return value
  }
}

extension ContinuousClock.Instant {
  /// Seconds of a hundred years: who waits for longer is told nothing else, and what is beyond may
  /// be more than a clock counts.
  private static let secondsCounted = 100 * 365 * 86_400

  /// The moment so many seconds later.
  package func later(seconds: Int) -> ContinuousClock.Instant {
    self + .seconds(min(seconds, Self.secondsCounted))
  }
}
