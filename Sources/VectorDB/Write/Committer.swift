import Logging
import PointModel
import Storage

/// The one thread that changes a database. It takes the planned changes of all collections that
/// wait and writes them as one atomic batch with one sync.
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
  private var group: [PlannedWrite] = []
  private var groupBytes = 0

  init(core: DatabaseCore, catalog: Catalog, logger: Logger) {
    self.core = core
    self.catalog = catalog
    self.logger = logger
  }

  mutating func run() {
    let limits = core.options.limits
    while true {
      let requests = core.commitQueue.popMany(maximumCount: limits.groupOperationsMax)
      if requests.isEmpty { return }
      for request in requests {
        handle(request)
        if groupBytes >= limits.groupBytesMax { commit() }
      }
      commit()
    }
  }

  private mutating func handle(_ request: CommitRequest) {
    switch request {
    case .changes(let changes):
      group.append(changes)
      groupBytes += changes.batch.byteCount
    case .createCollection(let name, let config, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in try catalog.create(name, config) }
    case .updateCollection(let name, let change, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in try catalog.update(name, change) }
    case .deleteCollection(let name, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in try catalog.delete(name) }
    case .changeAliases(let operations, let completion):
      answer(completion) { () throws(CollectionError) in try catalog.changeAliases(operations) }
    case .changePayloadSchema(let name, let path, let schema, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in
        try catalog.changePayloadSchema(name, path, schema)
      }
    case .reserveNumber(let completion):
      answer(completion) { () throws(CollectionError) in try catalog.reserveNumber() }
    case .replaceCollection(let collection, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in try catalog.replace(with: collection) }
    }
  }

  /// Writes the group durably, makes it visible, and answers its requests either way.
  private mutating func commit() {
    if group.isEmpty { return }
    var writes: [PlannedWrite] = []
    for write in group {
      // A collection may have changed since its changes were planned.
      if write.collection.isDropped {
        write.finish(.collectionNotFound(write.collection.name))
      } else if write.isStale {
        write.planAgain()
      } else {
        writes.append(write)
      }
    }
    group = []
    groupBytes = 0
    if writes.isEmpty { return }
    let sequence = core.sequence + 1
    do throws(StorageError) {
      try core.store.write(sync: core.options.durability == .sync) {
        gathered throws(StorageError) in
        for write in writes { try gathered.append(write.batch) }
        try gathered.append(KeyLayout.appliedRecord(sequence))
      }
    } catch {
      logger.error("a commit failed", metadata: ["reason": "\(error)"])
      for write in writes { write.finish(CollectionError(error)) }
      return
    }
    for write in writes { write.place(sequence: sequence) }
    core.publish(sequence: sequence)
    for write in writes { write.release() }
    for write in writes { write.collection.noteCommit() }
    for write in writes { write.finish(nil) }
  }

  private func answer<Value>(
    _ completion: CommitRequest.Completion<Value>,
    _ body: () throws(CollectionError) -> Value
  ) {
    do throws(CollectionError) {
      completion(.success(try body()))
    } catch {
      completion(.failure(error))
    }
  }
}
