import Logging
import VectorIndex

extension IndexerLoop {
  /// Calibrates an index with the queries that it was asked, when enough have come.
  func recalibrate(_ collection: PointCollection, _ field: any VectorField) {
    guard let index = field.indexSlot.index, let (rows, visibility) = rows(of: field, collection)
    else { return }
    do throws(BuildInterrupted) {
      let wasDue = try index.recalibrate(
        rows, visibility, shouldContinue: goesOn(collection, field))
      if !wasDue { return }
      collection.republish()
    } catch {
      return
    }
    logger.info("index calibrated with its queries", metadata: metadata(collection, field))
    saveNow(collection, field)
  }
}
