import Synchronization

/// Work that goes on when the caller's patience has ended.
enum PatientWork {
  /// Waits for `work`, at most so many seconds; `nil` when it is not done by then. It is not
  /// cancelled, and what it throws later is nobody's.
  static func outcome<Value: Sendable>(
    within seconds: Int?, of work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value? {
    guard let seconds else { return try await work() }
    let waiting = Waiting<Value>()
    return try await withCheckedThrowingContinuation { continuation in
      waiting.begin(continuation)
      let clock = Task {
        try? await Task.sleep(for: .seconds(seconds))
        waiting.end(.success(nil))
      }
      Task {
        do {
          waiting.end(.success(try await work()))
        } catch {
          waiting.end(.failure(error))
        }
        clock.cancel()
      }
    }
  }

  /// A caller that is resumed once.
  private final class Waiting<Value: Sendable>: Sendable {
    private let continuation = Mutex<CheckedContinuation<Value?, any Error>?>(nil)

    func begin(_ continuation: CheckedContinuation<Value?, any Error>) {
      self.continuation.withLock { $0 = continuation }
    }

    func end(_ result: Result<Value?, any Error>) {
      let caller = continuation.withLock { continuation in
        defer { continuation = nil }
        return continuation
      }
      caller?.resume(with: result)
    }
  }
}
