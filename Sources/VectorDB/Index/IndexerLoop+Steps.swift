import Synchronization
import VectorIndex

/// The steps that ``IndexRounds`` has in order.
extension IndexerLoop: IndexSite {
  typealias Vector = any VectorField

  var now: UInt64 { Self.milliseconds }
  var collections: [PointCollection] { Array(catalog.unordered) }
  func takeQueued() -> [PointCollection] { core.indexQueue.takeAll() }
  func queue(_ collection: PointCollection) { core.indexQueue.add(collection) }

  func number(of collection: PointCollection) -> UInt32 { collection.number }
  func isDropped(_ collection: PointCollection) -> Bool { collection.isDropped }
  func nextOffset(of collection: PointCollection) -> UInt32 {
    collection.state.withLock { $0.counters.nextOffset }
  }
  func vectors(of collection: PointCollection) -> [any VectorField] { collection.fields }

  func figures(of field: any VectorField, in collection: PointCollection) -> IndexFigures {
    let (live, next) = collection.state.withLock { ($0.liveCount, $0.counters.nextOffset) }
    let slot = field.indexSlot.withState { $0 }
    var figures = IndexFigures()
    figures.hasIndex = slot.index != nil
    figures.isFirstDue = collection.isIndexDue(field)
    figures.vectors = field.liveVectors.count
    figures.builtVectors = slot.builtVectors
    figures.lists = (collection.config.ivfLists, slot.configuredLists)
    figures.refusedAt = slot.refusedAt
    figures.tailRows = collection.tailRows(field)
    figures.coveredRows = field.coveredRows
    figures.savedRows = slot.savedRows
    figures.live = live
    // Rows that came, and rows that went: offsets are used once.
    figures.changes = UInt64(next) + (UInt64(next) - UInt64(max(0, min(live, Int(next)))))
    figures.upkeepChanges = slot.upkeepSequence
    figures.upkeepAt = slot.upkeepAt
    figures.calibratedAt = slot.calibratedAt
    return figures
  }

  func putInOrder(_ collection: PointCollection, _ field: any VectorField) -> Bool {
    guard !collection.isDropped, let (rows, visibility) = rows(of: field, collection),
      field.upkeep(rows, visibility, shouldStop: { isStopped })
    else { return false }
    show(collection)
    return true
  }

  func insert(_ collection: PointCollection, _ field: any VectorField, limit: Int) -> Int {
    guard let index = field.indexSlot.index, let (rows, visibility) = rows(of: field, collection)
    else { return 0 }
    let count = index.insert(from: rows, visibility, limit: limit)
    show(collection)
    return count
  }

  func noteUpkeep(_ field: any VectorField, after changes: UInt64) {
    let now = now
    field.indexSlot.withState { state in
      state.upkeepSequence = changes
      state.upkeepAt = now
    }
  }

  func maintain(
    _ collection: PointCollection, _ field: any VectorField, packs: Bool
  ) -> Bool {
    guard let index = field.indexSlot.index, let (rows, visibility) = rows(of: field, collection)
    else { return false }
    let goesOn = index.maintain(rows, visibility, packs: packs)
    // The last step may have changed lists, too.
    collection.republish()
    return goesOn
  }

  /// Lets searches and those who wait see what was done.
  private func show(_ collection: PointCollection) {
    collection.republish()
    collection.progress.ring()
  }
}
