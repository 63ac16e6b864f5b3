import Logging
import PointModel
import Storage

/// The one thread that changes a database. It takes the staged changes of all collections that
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
  private var group: [StagedChanges] = []
  private var groupBytes = 0
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
      groupBytes += changes.bytes
    case .createCollection(let name, let config, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in try catalog.create(name, config) }
    case .updateCollection(let name, let change, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in try catalog.update(name, change) }
    case .deleteCollection(let name, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in try catalog.delete(name) }
    case .changePayloadSchema(let name, let path, let schema, let completion):
      commit()
      answer(completion) { () throws(CollectionError) in
        try catalog.changePayloadSchema(name, path, schema)
      }
    case .reserveNumber(let completion):
      answer(completion) { () throws(CollectionError) in try catalog.reserveNumber() }
    case .replaceCollection(let collection, let completion):
      commit()
      sequence += 1
      let sequence = sequence
      answer(completion) { () throws(CollectionError) in
        try catalog.replace(with: collection, sequence: sequence)
      }
    }
  }

  /// Writes the group durably, makes it visible, and answers its requests either way.
  private mutating func commit() {
    if group.isEmpty { return }
    var changes = group
    group = []
    groupBytes = 0
    // A collection may have been replaced or deleted since its changes were staged.
    for index in changes.indices.reversed() {
      guard let successor = changes[index].collection.successor else { continue }
      let stale = changes.remove(at: index)
      successor.enqueue(stale.requests)
      core.finishGroup(of: stale.collection)
    }
    for index in changes.indices.reversed() where changes[index].collection.isDropped {
      let dropped = changes.remove(at: index)
      finish(dropped, .collectionNotFound(dropped.collection.name))
    }
    var batch = WriteBatch()
    let plans = plan(&changes, into: &batch)
    if changes.isEmpty { return }
    do throws(StorageError) {
      try core.store.write(batch, sync: core.options.durability == .sync)
    } catch {
      logger.error("a commit failed", metadata: ["reason": "\(error)"])
      for changes in changes { finish(changes, CollectionError(error)) }
      return
    }
    sequence += 1
    for plan in plans { plan.place(sequence: sequence) }
    core.publish(sequence: sequence)
    for plan in plans { plan.release() }
    for changes in changes { changes.collection.noteCommit() }
    for changes in changes { finish(changes, nil) }
  }

  /// Fills the batch. Changes that can't be planned are refused alone, and the batch begun anew.
  private func plan(
    _ changes: inout [StagedChanges], into batch: inout WriteBatch
  ) -> [RowPlan] {
    while true {
      batch.clear()
      var plans: [RowPlan] = []
      do throws(CollectionError) {
        for changes in changes { plans.append(try RowPlan(changes, into: &batch)) }
        return plans
      } catch {
        finish(changes.remove(at: plans.count), error)
      }
    }
  }

  private func finish(_ changes: StagedChanges, _ error: CollectionError?) {
    // The next group is let in before the callers wake: it must not wait for them.
    core.finishGroup(of: changes.collection)
    changes.answer(error)
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
