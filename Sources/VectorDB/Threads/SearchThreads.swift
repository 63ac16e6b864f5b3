import Synchronization

/// A fixed set of threads for searches and other blocking reads.
///
/// A call costs one hop to a thread and one back; calls beyond the number of threads wait in
/// order.
final class SearchThreads: Sendable {
  private let queue = BlockingQueue<@Sendable () -> Void>()
  private let threads: [NativeThread]

  /// `nil` when not even one thread could be started.
  init?(count: Int) {
    let queue = queue
    threads = (0..<max(1, count)).compactMap { _ in
      NativeThread {
        while let job = queue.pop() { job() }
      }
    }
    if threads.isEmpty { return nil }
  }

  /// Runs `body` on one of the threads. `body` is told through its argument when the calling
  /// task was cancelled; it may then throw early.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable (CancellationFlag) throws(CollectionError) -> Value
  ) async throws(CollectionError) -> Value {
    let flag = CancellationFlag()
    let result: Result<Value, CollectionError> = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let pushed = queue.push {
          let result: Result<Value, CollectionError>
          do throws(CollectionError) {
            result = .success(try body(flag))
          } catch {
            result = .failure(error)
          }
          continuation.resume(returning: result)
        }
        if pushed != .accepted { continuation.resume(returning: .failure(.shuttingDown)) }
      }
    } onCancel: {
      flag.cancel()
    }
    return try result.get()
  }

  /// Finishes the calls that wait, then ends the threads. Blocking.
  func shutDown() {
    queue.close()
    for thread in threads { thread.join() }
  }
}

/// Tells a running search that nobody waits for it any more.
final class CancellationFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  var isCancelled: Bool { flag.load(ordering: .relaxed) }

  func cancel() { flag.store(true, ordering: .relaxed) }
}
