import Logging
import VectorIndex

extension IndexerLoop {
  /// Calibrates an index with the queries that it was asked, when enough have come.
  func recalibrate(_ collection: PointCollection, _ slot: VectorSlot) {
    guard let index = slot.indexSlot.index, let queries = slot.indexSlot.queries.takeIfDue(),
      let read = try? collection.beginRead()
    else { return }
    do throws(BuildInterrupted) {
      try index.recalibrate(
        with: queries, rows: read.columns[slot.position], visibility: read.visibility,
        shouldContinue: goesOn(collection))
    } catch {
      return
    }
    logger.info("index calibrated with its queries", metadata: metadata(collection, slot))
    saveNow(collection, slot)
  }
}
