import Logging
import PointModel
import Storage

/// The one thread that changes a database. It takes the planned changes of all collections that
/// wait, numbers them, writes them as one atomic batch with one sync, places, publishes, answers.
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
  private var group: [any CommitPart] = []
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
        add(request)
        if groupBytes >= limits.groupBytesMax { commit() }
      }
      commit()
    }
  }

  private mutating func add(_ request: CommitRequest) {
    switch request {
    case .points(let write):
      group.append(write)
      groupBytes += write.byteCount
    case .catalog(let request):
      // It is planned on what is there, and what comes after it on what it leaves.
      commit()
      do throws(CollectionError) {
        group = [CatalogWrite(try catalog.plan(request), request)]
      } catch {
        request.completion(.failure(error))
      }
      commit()
    }
  }

  /// Writes the group durably, makes it visible, and answers its requests either way.
  private mutating func commit() {
    var parts = group.filter { $0.isReady() }
    group = []
    groupBytes = 0
    let logged = prepareEntry(&parts)
    if parts.isEmpty { return }
    let (sequence, entry) = (core.sequence + 1, nextEntry(parts))
    let sync = core.options.durability == .sync || parts.contains(where: \.mustSync)
    var stages = CommitStages(parts)
    do throws(StorageError) {
      try stages.write { () throws(StorageError) in
        try core.store.write(sync: sync) { gathered throws(StorageError) in
          for part in parts { try part.append(to: &gathered) }
          try gathered.append(KeyLayout.appliedRecord(sequence, entry: entry))
        }
      }
    } catch {
      stages.end(isSynced: sync)
      logger.error("a commit failed", metadata: ["reason": "\(error)"])
      if let logged { core.options.log?.withdraw(logged, number: entry) }
      for part in parts { part.finish(CollectionError(error)) }
      return
    }
    if let logged { core.options.log?.append(logged, number: entry) }
    for part in parts { part.place(sequence: sequence) }
    core.publish(sequence: sequence, entry: entry) {
      for part in parts { part.publish(sequence: sequence) }
    }
    for part in parts { part.release() }
    stages.end(isSynced: sync)
    for part in parts { part.finish(nil) }
  }

  /// The entry of what callers asked for, if somebody is to be told of it. Where that is refused,
  /// these parts are, and the others stay.
  private func prepareEntry(_ parts: inout [any CommitPart]) -> [UInt8]? {
    guard let log = core.options.log, parts.contains(where: \.origin.isCaller) else { return nil }
    let asked = parts.filter(\.origin.isCaller)
    let number = core.lastEntry + 1
    let entry = LogEntry.encoded(number: number, changes: asked.compactMap { $0.logged() })
    do throws(CollectionError) {
      try log.prepare(entry, number: number)
      return entry
    } catch {
      parts.removeAll(where: \.origin.isCaller)
      for part in asked { part.finish(error) }
      return nil
    }
  }

  /// The number of the last entry of the log once the parts are written.
  private func nextEntry(_ parts: [any CommitPart]) -> UInt64 {
    var entry = core.lastEntry
    if parts.contains(where: \.origin.isCaller) { entry += 1 }
    for part in parts {
      if case .entry(let number?) = part.origin { entry = max(entry, number) }
    }
    return entry
  }
}
