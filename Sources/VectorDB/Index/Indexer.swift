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

/// What the indexer's thread does. Used on that thread only.
final class IndexerLoop {
  let core: DatabaseCore
  private let catalog: Catalog
  let folder: IndexFolder
  let logger: Logger
  let moveNotes: OutageTopics
  let buildNotes: OutageTopics
  let saveNotes: OutageTopics
  private var lastLook: UInt64 = 0
  /// Where each collection stood when it was last looked at, and since when it stands there.
  private var quietSince: [UInt32: (nextOffset: UInt32, since: UInt64)] = [:]

  private static let paceMilliseconds = 200
  private static let lookEveryMilliseconds: UInt64 = 1000
  /// How long indexes are saved at the end; what is not saved then is built again.
  private static let lastSavesMilliseconds: UInt64 = 1000
  /// Rows entered before searches are shown them.
  private static let rowsPerInsert = 4096
  /// Rows entered between two blocks of a build.
  private static let rowsPerPause = 1024
  /// Milliseconds without new rows after which a collection is put in order.
  private static let quietMilliseconds: UInt64 = 3000
  /// Growth since the training that asks for a new one at once, and when all is quiet.
  private static let growthMax = 4.0
  private static let quietGrowthMax = 1.5

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
      for collection in core.indexQueue.takeAll() where !isStopped { serve(collection) }
      if core.indexQueue.takeDropped() { removeUnused() }
      let now = Self.milliseconds
      if now - lastLook >= Self.lookEveryMilliseconds {
        lastLook = now
        look()
      }
      requeueUnfinished()
    }
    let ending = Self.milliseconds
    for collection in catalog.unordered
    where Self.milliseconds - ending < Self.lastSavesMilliseconds {
      save(collection, atLeast: Self.rowsWorthSaving)
    }
  }

  /// What a commit asks for.
  private func serve(_ collection: PointCollection) {
    for field in collection.fields {
      putInOrder(collection, field)
      moveOut(collection, field)
      if field.indexSlot.index != nil {
        insert(collection, field, isStopped: { isStopped })
        if growth(collection, field) >= Self.growthMax { build(collection, field) }
      } else if collection.isIndexDue(field) {
        build(collection, field)
      }
    }
  }

  /// Has a field put its new rows in order.
  private func putInOrder(_ collection: PointCollection, _ field: any VectorField) {
    while !isStopped, !collection.isDropped, let (rows, visibility) = rows(of: field, collection),
      field.upkeep(rows, visibility, shouldStop: { isStopped })
    {
      collection.republish()
      collection.progress.ring()
    }
  }

  /// What time asks for.
  private func look() {
    let present = Set(catalog.unordered.map(\.number))
    quietSince = quietSince.filter { present.contains($0.key) }
    for collection in catalog.unordered where !isStopped {
      let hasIndex = collection.fields.contains { $0.indexSlot.index != nil }
      let isDue = collection.fields.contains { collection.isIndexDue($0) }
      if !hasIndex, !isDue {
        for field in collection.fields {
          putInOrder(collection, field)
          moveRows(collection, field)
        }
        if collection.fields.contains(where: { $0.listedRows > 0 }) {
          saveOften(collection, isQuiet: isQuiet(collection))
        }
        continue
      }
      serve(collection)
      let isQuiet = isQuiet(collection)
      for field in collection.fields where !isStopped {
        guard field.indexSlot.index != nil else { continue }
        upkeep(collection, field)
        if isQuiet, wantsRebuild(collection, field) { build(collection, field) }
        recalibrate(collection, field)
      }
      for field in collection.fields { moveRows(collection, field) }
      saveOften(collection, isQuiet: isQuiet)
    }
  }

  static let rowsWorthSaving = 2000
  /// Rows have several vectors each where a field makes lists by itself.
  private static let listedRowsWorthSaving = 500

  private func isQuiet(_ collection: PointCollection) -> Bool {
    let nextOffset = collection.state.withLock { $0.counters.nextOffset }
    let now = Self.milliseconds
    guard let last = quietSince[collection.number], last.nextOffset == nextOffset else {
      quietSince[collection.number] = (nextOffset, now)
      return false
    }
    return now - last.since >= Self.quietMilliseconds
  }

  private func growth(_ collection: PointCollection, _ field: any VectorField) -> Double {
    guard let index = field.indexSlot.index else { return 0 }
    let live = collection.state.withLock { $0.liveCount }
    return Double(live) / Double(max(1, index.trainedRows))
  }

  private func wantsRebuild(_ collection: PointCollection, _ field: any VectorField) -> Bool {
    let growth = growth(collection, field)
    if growth >= Self.quietGrowthMax { return true }
    let lists = collection.config.ivfLists
    if field.indexSlot.withState({ $0.configuredLists }) != lists { return true }
    return growth > 0 && growth <= 1 / Self.growthMax
  }

  // MARK: Living lists

  /// Enters the rows of the tail.
  private func insert(
    _ collection: PointCollection, _ field: any VectorField, isStopped: () -> Bool
  ) {
    guard let index = field.indexSlot.index else { return }
    while !isStopped(), collection.tailRows(field) > 0,
      let (rows, visibility) = rows(of: field, collection)
    {
      let count = index.insert(from: rows, visibility, limit: Self.rowsPerInsert)
      field.indexSlot.withState { $0.isUpkeepDue = true }
      collection.republish()
      collection.progress.ring()
      if count == 0 { return }
    }
  }

  private func removeUnused() {
    folder.removeAll(except: catalog.unordered)
    core.rowFiles.removeAll(except: catalog.unordered)
  }

  /// Goes once through the lists after changes.
  private func upkeep(_ collection: PointCollection, _ field: any VectorField) {
    guard let index = field.indexSlot.index, hasChangedEnough(collection, field, index) else {
      return
    }
    while !isStopped, let (rows, visibility) = rows(of: field, collection) {
      if !index.maintain(rows, visibility) { break }
      collection.republish()
      drainTails()
    }
  }

  /// Whether a twentieth of the rows came or went since the last round.
  private func hasChangedEnough(
    _ collection: PointCollection, _ field: any VectorField, _ index: any VectorFieldIndex
  ) -> Bool {
    let (live, next) = collection.state.withLock { ($0.liveCount, $0.counters.nextOffset) }
    // Rows that came, and rows that went: offsets are used once.
    let changes = UInt64(next) + (UInt64(next) - UInt64(max(0, min(live, Int(next)))))
    return field.indexSlot.withState { state in
      guard changes >= state.upkeepSequence + UInt64(max(1000, live / 20)) else { return false }
      state.upkeepSequence = changes
      return true
    }
  }

  /// Enters the tails of all collections while something long goes on.
  func drainTails() {
    for collection in core.indexQueue.takeAll() {
      for field in collection.fields {
        putInOrder(collection, field)
        moveOut(collection, field)
        guard let index = field.indexSlot.index else { continue }
        var passes = 0
        while collection.tailRows(field) > 0, passes < 4,
          let (rows, visibility) = rows(of: field, collection)
        {
          _ = index.insert(from: rows, visibility, limit: Self.rowsPerPause)
          collection.republish()
          collection.progress.ring()
          passes += 1
        }
      }
      // What is left, and a first build that is due, is taken up after the build.
      if collection.fields.contains(where: {
        collection.tailRows($0) > PointCollection.tailRowsWorthAnInsert
          || collection.isIndexDue($0)
      }) {
        unfinished[collection.number] = collection
      }
    }
  }

  /// By number.
  private var unfinished: [UInt32: PointCollection] = [:]

  /// Has what was left over during something long taken up.
  private func requeueUnfinished() {
    for collection in unfinished.values where !collection.isDropped {
      core.indexQueue.add(collection)
    }
    unfinished = [:]
  }

  // MARK: Building

  private func build(_ collection: PointCollection, _ field: any VectorField) {
    guard let lease = leaseForBuild(collection, field),
      let (rows, visibility) = rows(of: field, collection)
    else { return }
    let started = Self.milliseconds
    let lists = collection.config.ivfLists
    field.indexSlot.withState { $0.progress = 0 }
    // From here on samples find the build.
    lease.release()
    defer {
      field.indexSlot.withState { $0.progress = nil }
      requeueUnfinished()
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
      field.indexSlot.install(index, configuredLists: lists)
      collection.republish()
      collection.progress.ring()
    } catch {
      return
    }
    var details = metadata(collection, field)
    details["rows"] = "\(field.indexSlot.index?.trainedRows ?? 0)"
    details["milliseconds"] = "\(Self.milliseconds - started)"
    logger.info("index built", metadata: details)
    save(collection, atLeast: 0)
  }

  /// What long work on a collection asks now and then: whether to go on. New rows of all
  /// collections are entered meanwhile.
  func goesOn(_ collection: PointCollection, _ field: any VectorField) -> (Double) -> Bool {
    { _ in
      self.drainTails()
      return !self.isStopped && self.isThere(field, collection)
    }
  }

  /// Enters what was committed during the build, until hardly anything is left.
  private func catchUp(
    _ index: any VectorFieldIndex, _ collection: PointCollection, _ field: any VectorField
  ) {
    while !isStopped, let (rows, visibility) = rows(of: field, collection) {
      let count = index.insert(from: rows, visibility, limit: Self.rowsPerInsert)
      drainTails()
      if count < Self.rowsPerPause { return }
    }
  }

  // MARK: Saving

  private func saveOften(_ collection: PointCollection, isQuiet: Bool) {
    save(collection, atLeast: isQuiet ? Self.rowsWorthSaving : 10 * Self.rowsWorthSaving)
  }

  private func save(_ collection: PointCollection, atLeast rows: Int) {
    if collection.isDropped { return }
    for field in collection.fields {
      let saved = field.indexSlot.withState { $0.savedRows }
      let fresh = Int(field.coveredRows) - Int(saved)
      let least =
        field.indexSlot.index == nil
        ? rows * Self.listedRowsWorthSaving / Self.rowsWorthSaving : rows
      // An index that was built anew is saved whatever it holds, others once they have grown.
      guard fresh > 0, fresh > (rows == 0 ? 0 : max(least, Int(saved) / 5)) else {
        continue
      }
      saveNow(collection, field)
    }
  }

  func saveNow(_ collection: PointCollection, _ field: any VectorField) {
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
