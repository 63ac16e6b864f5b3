import Logging
import PointModel
import Storage

/// The one thread that changes a database. It takes all requests that wait, stages them as one
/// group, and commits the group with one sync.
final class Committer: Sendable {
  private let thread: NativeThread

  /// `nil` when the thread could not be started.
  init?(core: DatabaseCore, catalog: Catalog, logger: Logger) {
    let thread = NativeThread {
      var loop = CommitLoop(core: core, catalog: catalog, logger: logger)
      loop.run()
    }
    guard let thread else { return nil }
    self.thread = thread
  }

  /// Waits until everything queued before the queue was closed is committed. Blocking.
  func join() { thread.join() }
}

/// The state of the committer's thread.
private struct CommitLoop {
  let core: DatabaseCore
  let catalog: Catalog
  let logger: Logger
  private var group = CommitGroup()
  private var sequence: UInt64

  init(core: DatabaseCore, catalog: Catalog, logger: Logger) {
    self.core = core
    self.catalog = catalog
    self.logger = logger
    self.sequence = core.sequence
  }

  mutating func run() {
    let limits = core.options.limits
    while true {
      let requests = core.writeQueue.popMany(maximumCount: limits.groupOperationsMax)
      if requests.isEmpty { return }
      for request in requests {
        handle(request)
        if group.bytes >= limits.groupBytesMax { commit() }
      }
      commit()
    }
  }

  private mutating func handle(_ request: WriteRequest) {
    switch request {
    case .apply(let collection, let operations, let completion):
      group.add(operations, to: collection, completion)
    case .createCollection(let name, let config, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in try catalog.create(name, config) }
    case .updateCollection(let name, let change, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in try catalog.update(name, change) }
    case .deleteCollection(let name, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in try catalog.delete(name) }
    }
  }

  private mutating func commit() {
    if group.isEmpty { return }
    sequence += 1
    if !group.commit(core, sequence: sequence) {
      logger.error("a commit failed", metadata: ["requests": "\(group.requestCount)"])
    }
    group = CommitGroup()
  }

  private func answer<Value>(
    _ completion: WriteRequest.Completion<Value>,
    _ body: () throws(CollectionError) -> Value
  ) {
    do throws(CollectionError) {
      completion(.success(try body()))
    } catch {
      completion(.failure(error))
    }
  }
}
