import Logging
import OutageLogging
import Storage

/// The one thread that changes a database. It takes the planned changes of all collections that
/// wait, numbers them, writes them as one atomic batch with one sync, places, publishes, answers.
final class Committer: Sendable {
  private let thread: NativeThread

  /// `nil` when the thread could not be started.
  init?(core: DatabaseCore, catalog: Catalog, logger: Logger) {
    let thread = NativeThread {
      CommitLoop(core: core, catalog: catalog, logger: logger).run()
    }
    guard let thread else { return nil }
    self.thread = thread
  }

  /// Waits until everything queued before the queue was closed is committed. Blocking.
  func join() { thread.join() }
}

/// What the committer's thread does.
private struct CommitLoop {
  let core: DatabaseCore
  let catalog: Catalog
  let logger: Logger

  func run() {
    let limits = core.options.limits
    var group = CommitGroup(
      DatabaseSite(core: core, notes: OutageNotes("a commit failed", logger: logger)),
      bytesMax: limits.groupBytesMax)
    while true {
      let requests = core.commitQueue.popMany(maximumCount: limits.groupOperationsMax)
      if requests.isEmpty { return }
      for request in requests { add(request, to: &group) }
      group.commit()
    }
  }

  private func add(_ request: CommitRequest, to group: inout CommitGroup<DatabaseSite>) {
    switch request {
    case .points(let write): group.add(write)
    case .catalog(let request):
      // It is planned on what is there, and what comes after it on what it leaves.
      group.commit()
      do throws(CollectionError) {
        group.add(CatalogWrite(try catalog.plan(request), request))
      } catch {
        request.completion(.failure(error))
      }
      group.commit()
    }
  }
}

/// A database as commits find it.
private struct DatabaseSite: CommitSite {
  let core: DatabaseCore
  let notes: OutageNotes

  var sequence: UInt64 { core.sequence }
  var lastEntry: UInt64 { core.lastEntry }
  var syncsCommits: Bool { core.options.durability == .sync }

  func write(
    _ parts: [any CommitPart], sequence: UInt64, entry: UInt64, sync: Bool
  ) throws(StorageError) {
    try core.store.write(sync: sync) { gathered throws(StorageError) in
      for part in parts { try part.append(to: &gathered) }
      try gathered.append(KeyLayout.appliedRecord(sequence, entry: entry))
    }
  }

  func prepareEntry(
    of parts: [any CommitPart], number: UInt64
  ) throws(CollectionError) -> [UInt8]? {
    guard let log = core.options.log else { return nil }
    let entry = LogEntry.encoded(number: number, changes: parts.compactMap { $0.logged() })
    try log.prepare(entry, number: number)
    return entry
  }

  func withdraw(_ entry: [UInt8], number: UInt64) -> CollectionError? {
    core.options.log?.withdraw(entry, number: number)
  }

  func append(_ entry: [UInt8], number: UInt64) {
    core.options.log?.append(entry, number: number)
  }

  func publish(sequence: UInt64, entry: UInt64, _ parts: () -> Void) {
    core.publish(sequence: sequence, entry: entry, parts)
  }

  func note(_ error: StorageError) {
    notes.failed("\(error)", level: .error)
  }
}
