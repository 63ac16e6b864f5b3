import Glibc
import Synchronization

/// Waits on a thread of our own for a call that suspends. Never on the cooperative pool.
package enum BlockingCall {
  /// Waits until `body` has ended.
  package static func run(
    _ body: @escaping @Sendable () async throws(CollectionError) -> Void
  ) throws(CollectionError) {
    let outcome = Outcome()
    Task {
      do throws(CollectionError) {
        try await body()
        outcome.set(.success(()))
      } catch {
        outcome.set(.failure(error))
      }
    }
    try outcome.wait().get()
  }

  /// SAFETY: the semaphore lives at a fixed address from `init` to `deinit`, which the one waiting
  /// and the one setting both outlive by their references; the result is behind a lock.
  private final class Outcome: @unchecked Sendable {
    private let done = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private let result = Mutex<Result<Void, CollectionError>>(.success(()))

    init() {
      done.initialize(to: sem_t())
      sem_init(done, 0, 0)
    }

    deinit {
      sem_destroy(done)
      done.deallocate()
    }

    func set(_ value: Result<Void, CollectionError>) {
      result.withLock { $0 = value }
      sem_post(done)
    }

    func wait() -> Result<Void, CollectionError> {
      while sem_wait(done) != 0 && errno == EINTR {}
      return result.withLock { $0 }
    }
  }
}
