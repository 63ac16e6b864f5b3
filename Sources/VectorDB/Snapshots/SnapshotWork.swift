import Synchronization

/// One thread for snapshots, one after another: each reads or writes as fast as the disk allows,
/// and neither searches nor writes wait for it.
final class SnapshotWork: Sendable {
  /// Snapshots that may wait for the one that is made or recovered.
  private static let waitingMax = 16

  private let queue = BlockingQueue<@Sendable () -> Void>()
  private let flag = CancellationFlag()
  private let thread = Mutex<NativeThread?>(nil)
  private let unfinished = Mutex<[SnapshotProgress]>([])

  /// What waits or goes on, the oldest first.
  var progress: [SnapshotProgress] { unfinished.withLock { $0 } }

  /// Runs `body` on the thread. It is told through its argument when the database is closed.
  ///
  /// - Parameter progress: is listed until `body` has ended.
  func run<Value: Sendable>(
    _ progress: SnapshotProgress,
    _ body: @escaping @Sendable (CancellationFlag) throws(CollectionError) -> Value
  ) async throws(CollectionError) -> Value {
    guard start() else { throw .storage("the system has no threads to give") }
    unfinished.withLock { $0.append(progress) }
    defer { unfinished.withLock { $0.removeAll { $0 === progress } } }
    let result: Result<Value, CollectionError> = await withUnsafeContinuation { continuation in
      let work: @Sendable () -> Void = { [flag] in
        do throws(CollectionError) {
          continuation.resume(returning: .success(try body(flag)))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
      switch queue.push(work, maximumCount: Self.waitingMax) {
      case .accepted: break
      case .full: continuation.resume(returning: .failure(.overloaded(retryAfterSeconds: 5)))
      case .closed: continuation.resume(returning: .failure(.shuttingDown))
      }
    }
    return try result.get()
  }

  /// Queues work that nobody waits for.
  func later(_ body: @escaping @Sendable () -> Void) {
    _ = queue.push(body)
  }

  /// Ends what runs, soon.
  func cancel() { flag.cancel() }

  /// Ends what runs, soon, and refuses more. Blocking.
  func shutDown() {
    flag.cancel()
    queue.close()
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }

  private func start() -> Bool {
    thread.withLock { thread in
      if thread == nil {
        thread = NativeThread { [queue] in
          while let work = queue.pop() { work() }
        }
      }
      return thread != nil
    }
  }
}
