import Storage
import Synchronization

/// What readers see: the number of the last commit, and the store as of that commit.
struct CommittedView: Sendable {
  let sequence: UInt64
  let snapshot: StoreSnapshot
}

/// What the collections of one database share.
final class DatabaseCore: Sendable {
  let store: KeyValueStore
  let searchThreads: SearchThreads
  let writeQueue = BlockingQueue<WriteRequest>()
  let options: DatabaseOptions
  private let committed: Mutex<CommittedView>

  init(store: KeyValueStore, searchThreads: SearchThreads, options: DatabaseOptions) {
    self.store = store
    self.searchThreads = searchThreads
    self.options = options
    self.committed = Mutex(CommittedView(sequence: 0, snapshot: store.snapshot()))
  }

  /// The number of the latest commit.
  var sequence: UInt64 { committed.withLock { $0.sequence } }

  /// Hands the latest commit to `body`, which takes its views of rows in memory before the next
  /// commit can be published: what a commit lets go of in memory is let go after it is published,
  /// so that a reader's views and its commit always belong together.
  func withLatestCommit<Value>(
    _ body: (borrowing CommittedView) -> sending Value
  ) -> sending Value {
    committed.withLock { body($0) }
  }

  /// Makes a commit visible; called by the committer once its rows are in memory.
  func publish(sequence: UInt64) {
    let view = CommittedView(sequence: sequence, snapshot: store.snapshot())
    // The replaced view is released outside the lock: that may free a RocksDB snapshot.
    let replaced = committed.withLock { current in
      defer { current = view }
      return current
    }
    _ = replaced
  }

  /// Queues a change and waits for its outcome.
  func submit<Value: Sendable>(
    _ request: (@escaping @Sendable (Result<Value, CollectionError>) -> Void) -> WriteRequest
  ) async throws(CollectionError) -> Value {
    let result: Result<Value, CollectionError> = await withUnsafeContinuation { continuation in
      let request = request { continuation.resume(returning: $0) }
      switch writeQueue.push(request, maximumCount: options.limits.queuedOperationsMax) {
      case .accepted: break
      case .full: continuation.resume(returning: .failure(.overloaded(retryAfterSeconds: 1)))
      case .closed: continuation.resume(returning: .failure(.shuttingDown))
      }
    }
    return try result.get()
  }
}
