import Logging
import PointModel
import Storage
import Synchronization

/// Reads the collections of a database into memory, small ones first, each of which serves as soon
/// as it is there.
final class CollectionLoading: Sendable {
  private let core: DatabaseCore
  private let folder: IndexFolder
  private let logger: Logger
  private let waiting = BlockingQueue<PointCollection>()
  private let flag = CancellationFlag()
  private let threads = Mutex<[NativeThread]>([])

  init(core: DatabaseCore, folder: IndexFolder, logger: Logger) {
    self.core = core
    self.folder = folder
    self.logger = logger
  }

  /// Starts on `collections` and returns.
  func start(_ collections: some Sequence<PointCollection>, threadCount: Int) {
    let loading = collections.filter { $0.phase == .loading }
    core.loadProgress.begin(loading.count)
    for collection in loading.sorted(by: { $0.sizeToLoad < $1.sizeToLoad }) {
      _ = waiting.push(collection)
    }
    waiting.close()
    let started = (0..<min(max(1, threadCount), loading.count)).compactMap { _ in
      NativeThread { [self] in run() }
    }
    // Without threads it is done here and now.
    if started.isEmpty { run() }
    threads.withLock { $0 = started }
    if loading.isEmpty { finish() }
  }

  /// Waits for all of it. Blocking.
  func wait() {
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  /// Ends it early. Blocking, for a moment.
  func stop() {
    flag.cancel()
    wait()
  }

  private func run() {
    while let collection = waiting.pop() {
      if !flag.isCancelled { load(collection) }
      if core.loadProgress.advance() { finish() }
    }
  }

  private func load(_ collection: PointCollection) {
    let begin = ContinuousClock.now
    do throws(DatabaseError) {
      try CollectionLoader(collection, flag: flag).load()
    } catch {
      if flag.isCancelled || collection.isDropped { return }
      logger.error(
        "a collection is quarantined; delete it or recover it from a snapshot",
        metadata: ["collection": "\(collection.name)", "reason": "\(error)"])
      collection.quarantine(error.reason)
      return
    }
    folder.load(collection, logger: logger)
    buildPayloadIndexes(of: collection)
    collection.change { state in
      state.phase = .ready
      state.loadTime = .now - begin
    }
    collection.progress.ring()
    collection.noteCommit()
    core.payloadIndexQueue.add(collection)
  }

  /// Builds those of a small collection before it serves, which takes less than a second; those of
  /// a large one are built while it serves. What fails here is tried again then.
  private func buildPayloadIndexes(of collection: PointCollection) {
    let rowCount = collection.state.withLock { $0.counters.nextOffset }
    if Int(rowCount) > core.options.limits.payloadIndexRowsAtLoadMax { return }
    try? collection.buildPayloadIndexes(
      from: collection.beginUnpublishedRead(), mayRefuse: false, flag: flag)
  }

  private func finish() {
    if flag.isCancelled { return }
    let total = core.loadProgress.value.total
    if total > 0 { logger.info("collections loaded", metadata: ["count": "\(total)"]) }
    if !core.hasDamage { core.store.forgetDamage() }
  }
}

/// How many collections are in memory of those that were to be read when the database was opened.
public struct LoadProgress: Sendable, Equatable {
  /// Collections in memory.
  public var loaded: Int
  /// Collections that were to be read.
  public var total: Int

  /// Whether all are in memory.
  public var isComplete: Bool { loaded == total }
}

/// Counts loaded collections.
final class LoadCounter: Sendable {
  private let progress = Mutex(LoadProgress(loaded: 0, total: 0))

  var value: LoadProgress { progress.withLock { $0 } }

  func begin(_ total: Int) { progress.withLock { $0.total = total } }

  /// Counts one; whether it was the last.
  func advance() -> Bool {
    progress.withLock { progress in
      progress.loaded += 1
      return progress.isComplete
    }
  }
}

extension PointCollection {
  /// About how many bytes have to be read.
  fileprivate var sizeToLoad: Int {
    Int(state.withLock { $0.counters.nextOffset }) * bytesPerRow
  }
}

extension DatabaseError {
  /// The reason alone, for the state of a collection.
  var reason: String {
    switch self {
    case .damaged(let reason), .io(let reason), .notWritable(let reason): reason
    case .inUse, .newerFormat: description
    }
  }
}
