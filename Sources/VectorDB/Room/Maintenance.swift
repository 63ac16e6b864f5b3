import Logging
import OutageLogging
import Storage

/// Gives space back in the background: that of deleted collections, of deleted and overwritten
/// points on disk, and of rows in memory. One thread, one thing at a time; the compactions
/// themselves run in the store's background threads.
///
/// A large deletion is taken up within five seconds, small ones together within thirty.
final class Maintenance: Sendable {
  private let signal = StopSignal()
  private let store: KeyValueStore
  private let thread: NativeThread?

  private static let paceMilliseconds = 1000

  init(core: DatabaseCore, catalog: Catalog, logger: Logger) {
    store = core.store
    thread = NativeThread { [signal] in
      let loop = MaintenanceLoop(core: core, catalog: catalog, logger: logger, signal: signal)
      loop.begin()
      while signal.wait(milliseconds: Self.paceMilliseconds) {
        loop.tick()
      }
    }
  }

  /// Ends the thread, and with it the compaction that runs. Blocking.
  func stop() {
    signal.stop()
    store.abandonCompactions()
    thread?.join()
  }
}

/// What the maintenance thread does, and what it remembers. Used on that thread only.
private final class MaintenanceLoop {
  private let core: DatabaseCore
  private let catalog: Catalog
  private let sampling: SamplingLoop
  private let signal: StopSignal
  private let moveNotes: OutageTopics
  private let spaceNotes: OutageTopics
  private var deadRows = ReclaimedRows()
  private var ticks = 0
  private var dropsSeen = 0
  private var dropsWaitSince = 0
  private var hasBegun = false

  /// Seconds between two looks at deleted points and at large deleted collections.
  private static let lookEvery = 5
  /// Seconds that small deleted collections wait for more of their kind.
  private static let smallDropsWait = 25
  private static let largeDropBytes: UInt64 = 16 << 20
  private static let worthAFlushBytes = 4 << 20

  init(core: DatabaseCore, catalog: Catalog, logger: Logger, signal: StopSignal) {
    self.core = core
    self.catalog = catalog
    self.signal = signal
    sampling = SamplingLoop(core: core, catalog: catalog, logger: logger)
    moveNotes = OutageTopics("rows could not be moved", logger: logger)
    spaceNotes = OutageTopics(
      "space of what was deleted was not given back; it will be tried again", logger: logger)
  }

  /// Takes up what earlier runs left.
  func begin() {
    attempt("what earlier runs deleted") { () throws(StorageError) in
      try core.droppedRecords.load(from: core.store)
    }
  }

  /// Whether the rows of all collections are known, and with them which are dead.
  private func isLoaded() -> Bool {
    guard core.loadProgress.value.isComplete else { return false }
    if !hasBegun {
      hasBegun = true
      attempt("what earlier runs deleted") { () throws(StorageError) in
        try deadRows.begin(core, catalog)
      }
    }
    return true
  }

  func tick() {
    ticks += 1
    core.store.noteProgress()
    guard isLoaded() else { return }
    moveRows()
    guard ticks.isMultiple(of: Self.lookEvery), core.store.failure == nil else { return }
    flushUnderPressure()
    reclaimDropped()
    if core.hasDamage { return }
    attempt("deleted points") { () throws(StorageError) in
      if try deadRows.reclaim(core, catalog, isStopped: { signal.isSet }) { resample() }
    }
  }

  /// Near a limit, empties write buffers: they take memory, and the log that backs them takes disk.
  private func flushUnderPressure() {
    guard core.memory.isNearLimit else { return }
    attempt("write buffers") { () throws(StorageError) in
      guard try core.store.memory().writeBuffers > Self.worthAFlushBytes else { return }
      try core.store.flush()
      resample()
    }
  }

  private func reclaimDropped() {
    let waiting = core.droppedRecords.waiting
    guard !waiting.isEmpty else {
      dropsWaitSince = ticks
      return
    }
    attempt("deleted collections and vectors") { () throws(StorageError) in
      if ticks - dropsWaitSince < Self.smallDropsWait, try !isLarge(waiting) { return }
      try core.droppedRecords.reclaim(waiting, in: core.store, compacts: !core.hasDamage) {
        signal.isSet
      }
      dropsWaitSince = ticks
      resample()
    }
  }

  /// Moves rows out of mostly dead chunks, a bounded number a second.
  private func moveRows() {
    if core.store.failure != nil { return }
    for collection in catalog.unordered where !signal.isSet && collection.isReady {
      do throws(CollectionError) {
        try RowCompaction.step(collection) { signal.isSet }
      } catch {
        switch error {
        // Deleted or closed meanwhile, or writers have the queue to themselves.
        case .collectionNotFound, .shuttingDown, .overloaded: continue
        default:
          moveNotes.failed(
            of: collection.name, "\(error)", ["collection": "\(collection.name)"])
        }
      }
    }
  }

  private func isLarge(_ waiting: DroppedRecords.Waiting) throws(StorageError) -> Bool {
    var bytes = UInt64(clamping: try core.store.memory().writeBuffers)
    for range in waiting.ranges {
      if bytes >= Self.largeDropBytes { return true }
      bytes += try core.store.approximateBytes(
        in: range.family, from: range.lower, upTo: range.upper)
    }
    return bytes >= Self.largeDropBytes
  }

  private func resample() {
    sampling.sample()
  }

  private func attempt(_ what: String, _ body: () throws(StorageError) -> Void) {
    do throws(StorageError) {
      try body()
    } catch {
      if signal.isSet || error == .closed { return }
      spaceNotes.failed(of: what, "\(error)", ["what": "\(what)"])
    }
  }
}
