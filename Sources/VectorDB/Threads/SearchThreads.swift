import Synchronization

/// A fixed set of threads for searches and other blocking reads.
///
/// A call costs one hop to a thread and one back, and none when the calling task runs on these
/// threads already; calls beyond the number of threads wait in order.
final class SearchThreads: TaskExecutor {
  /// Set when what takes long is to end, whoever waits for it.
  let stopping = CancellationFlag()
  private let queue = BlockingQueue<UnownedJob>()
  private let threads = Mutex<[NativeThread]>([])

  /// `nil` when not even one thread could be started.
  init?(count: Int) {
    let started = (0..<max(1, count)).compactMap { _ in
      NativeThread { [queue, executor = asUnownedTaskExecutor()] in
        while let job = queue.pop() { job.runSynchronously(on: executor) }
      }
    }
    threads.withLock { $0 = started }
    if started.isEmpty { return nil }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // What still comes after the shut-down finds the store closed; it only has to be told so.
    if queue.push(job) == .accepted { return }
    globalConcurrentExecutor.enqueue(job)
  }

  /// Runs `body` on one of the threads. `body` is told through its argument when the calling
  /// task was cancelled; it may then throw early.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable (CancellationFlag) throws(CollectionError) -> Value
  ) async throws(CollectionError) -> Value {
    let flag = CancellationFlag(or: stopping)
    let result: Result<Value, CollectionError> = await withTaskCancellationHandler {
      await withTaskExecutorPreference(self) {
        do throws(CollectionError) {
          return .success(try body(flag))
        } catch {
          return .failure(stopping.isCancelled ? .shuttingDown : error)
        }
      }
    } onCancel: {
      flag.cancel()
    }
    return try result.get()
  }

  /// Finishes the calls that wait, then ends the threads. Blocking.
  func shutDown() {
    queue.close()
    let threads = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in threads { thread.join() }
  }
}

/// Tells a running search that nobody waits for it any more.
final class CancellationFlag: Sendable {
  private let flag = Atomic<Bool>(false)
  private let other: CancellationFlag?

  /// - Parameter other: one that, when it is set, sets this one as well.
  init(or other: CancellationFlag? = nil) {
    self.other = other
  }

  var isCancelled: Bool {
    flag.load(ordering: .relaxed) || other?.isCancelled == true
  }

  func cancel() { flag.store(true, ordering: .relaxed) }
}
