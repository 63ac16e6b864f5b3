import Glibc
import Logging
import OutageLogging
import PointModel
import Storage
import Synchronization
import VectorIndex

/// The thread that builds indexes and keeps them up to date.
///
/// Writers and readers do not wait for it: rows that it has not entered yet are scanned. It runs
/// at a lower priority than they do.
final class Indexer: Sendable {
  private let core: DatabaseCore
  private let thread: NativeThread?

  init(core: DatabaseCore, catalog: Catalog, folder: IndexFolder, logger: Logger) {
    self.core = core
    thread = NativeThread {
      // 0 is the calling thread.
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
      let loop = IndexerLoop(core: core, catalog: catalog, folder: folder, logger: logger)
      loop.run()
    }
  }

  /// Has the build that runs end, of which nothing is kept, and then the thread.
  func beginStopping() { core.indexQueue.signal.stop() }

  /// Waits for that. Blocking.
  func stop() {
    beginStopping()
    thread?.join()
    core.buildHelper?.stop()
  }
}

/// What the indexer's thread does, in the order of ``IndexRounds``. Used on that thread only.
final class IndexerLoop {
  let core: DatabaseCore
  let catalog: Catalog
  let folder: IndexFolder
  let logger: Logger
  let moveNotes: OutageTopics
  let buildNotes: OutageTopics
  let saveNotes: OutageTopics
  private(set) lazy var rounds = IndexRounds(self)

  private static let paceMilliseconds = 200
  /// How long indexes are saved at the end; what is not saved then is built again.
  private static let lastSavesMilliseconds: UInt64 = 1000
  /// Rows entered between two looks at what came meanwhile, until hardly any are left.
  private static let rowsPerCatchUp = 4096
  /// As many times at most: what comes as fast as it is entered is a tail like others.
  private static let catchUpsMax = 64

  init(core: DatabaseCore, catalog: Catalog, folder: IndexFolder, logger: Logger) {
    self.core = core
    self.catalog = catalog
    self.folder = folder
    self.logger = logger
    moveNotes = OutageTopics(
      "vectors stay where they are; it will be tried again", logger: logger)
    buildNotes = OutageTopics(
      "an index is not built, there is no memory for it; it will be tried again", logger: logger)
    saveNotes = OutageTopics("an index could not be saved", logger: logger)
  }

  var isStopped: Bool { core.indexQueue.isClosed }

  func run() {
    while core.indexQueue.signal.wait(milliseconds: Self.paceMilliseconds) {
      rounds.round()
      if core.indexQueue.takeDropped() { removeUnused() }
    }
    let ending = now
    for collection in catalog.unordered where now - ending < Self.lastSavesMilliseconds {
      rounds.save(collection, atLeast: IndexFigures.rowsWorthSaving)
    }
  }

  private func removeUnused() {
    folder.removeAll(except: catalog.unordered)
    core.rowFiles.removeAll(except: catalog.unordered)
  }

  // MARK: Building

  func build(_ collection: PointCollection, _ field: any VectorField) {
    guard let lease = leaseForBuild(collection, field),
      let (rows, visibility) = rows(of: field, collection)
    else { return }
    let started = now
    let (lists, vectors) = (collection.config.ivfLists, field.liveVectors.count)
    field.indexSlot.withState { $0.progress = 0 }
    // From here on samples find the build.
    lease.release()
    defer {
      field.indexSlot.withState { $0.progress = nil }
      rounds.requeueUnfinished()
    }
    logger.info("building an index", metadata: metadata(collection, field))
    let isWanted = goesOn(collection, field)
    let goesOn = { (share: Double) in
      field.indexSlot.withState { $0.progress = share }
      return isWanted(share)
    }
    do throws(BuildInterrupted) {
      let index = try withHelp(collection, field) { help throws(BuildInterrupted) in
        try field.buildIndex(
          over: rows, visibility, lists: lists, help: help, shouldContinue: goesOn)
      }
      catchUp(index, collection, field)
      if isStopped || !isThere(field, collection) { return }
      field.indexSlot.install(index, configuredLists: lists, builtVectors: vectors)
      noteCalibration(field)
      field.indexSlot.withState { $0.upkeepAt = $0.calibratedAt }
      collection.republish()
      collection.progress.ring()
    } catch {
      return
    }
    var details = metadata(collection, field)
    details["rows"] = "\(field.indexSlot.index?.trainedRows ?? 0)"
    details["milliseconds"] = "\(now - started)"
    logger.info("index built", metadata: details)
    rounds.save(collection, atLeast: 0)
  }

  /// What long work on a collection asks now and then: whether to go on. New rows of all
  /// collections are entered meanwhile.
  func goesOn(_ collection: PointCollection, _ field: any VectorField) -> (Double) -> Bool {
    { _ in
      self.rounds.drainTails()
      return !self.isStopped && self.isThere(field, collection)
    }
  }

  /// Enters what was committed during the build, until hardly anything is left.
  private func catchUp(
    _ index: any VectorFieldIndex, _ collection: PointCollection, _ field: any VectorField
  ) {
    for _ in 0..<Self.catchUpsMax {
      guard !isStopped, let (rows, visibility) = rows(of: field, collection) else { return }
      let count = index.insert(from: rows, visibility, limit: Self.rowsPerCatchUp)
      rounds.drainTails()
      if count < Self.rowsPerCatchUp / 4 { return }
    }
  }

  // MARK: Saving

  /// Saves an index, or lists that a field makes by itself, as it is.
  func save(_ collection: PointCollection, _ field: any VectorField) {
    guard isThere(field, collection) else { return }
    do throws(CollectionError) {
      if let index = field.indexSlot.index {
        let covered = index.coveredRows
        try folder.save(index, collection: collection.number, vector: field.number)
        field.indexSlot.withState { $0.savedRows = covered }
      } else {
        let covered = try folder.saveLists(of: field, collection: collection.number)
        field.indexSlot.withState { $0.savedRows = covered }
      }
    } catch {
      saveNotes.failed(
        of: topic(collection, field), "\(error)", metadata(collection, field))
    }
  }

  /// What is written down of a field apart from others.
  func topic(_ collection: PointCollection, _ field: any VectorField) -> String {
    "\(collection.number)-\(field.number)"
  }

  /// Whether neither the collection nor its field was dropped.
  func isThere(_ field: any VectorField, _ collection: PointCollection) -> Bool {
    !collection.isDropped && collection.fieldSet.contains(field)
  }

  /// The rows of a field as of the latest commit; `nil` when it is there no more.
  func rows(
    of field: any VectorField, _ collection: PointCollection
  ) -> (any FieldView, VisibilityView)? {
    guard let read = try? collection.beginRead(), let view = read.view(of: field) else {
      return nil
    }
    return (view, read.visibility)
  }

  func metadata(_ collection: PointCollection, _ field: any VectorField) -> Logger.Metadata {
    ["collection": "\(collection.name)", "vector": "\(field.name)"]
  }

  static var milliseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }
}
