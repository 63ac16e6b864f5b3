import Logging
import OutageLogging
import VectorIndex

extension IndexerLoop {
  /// Calibrates an index with the queries that it was asked, when enough have come; with its rows,
  /// when there are too few, many rows have come or gone, and it `renewsOld`.
  func recalibrate(_ collection: PointCollection, _ field: any VectorField, renewsOld: Bool) {
    guard let index = field.indexSlot.index, let (rows, visibility) = rows(of: field, collection)
    else { return }
    do throws(BuildInterrupted) {
      let wasDue = try withHelp(collection, field) { help throws(BuildInterrupted) in
        try index.recalibrate(
          rows, visibility, renewsOld: renewsOld, help: help,
          shouldContinue: goesOn(collection, field))
      }
      if !wasDue { return }
      noteCalibration(field)
      collection.republish()
    } catch {
      return
    }
    logger.info("index calibrated anew", metadata: metadata(collection, field))
    saveCalibration(collection, field, of: index)
  }

  /// Notes that an index was calibrated now.
  func noteCalibration(_ field: any VectorField) {
    let now = now
    field.indexSlot.withState { $0.calibratedAt = now }
  }

  /// Saves a calibration apart, if the index was saved with an earlier one.
  private func saveCalibration(
    _ collection: PointCollection, _ field: any VectorField, of index: any VectorFieldIndex
  ) {
    if field.indexSlot.withState({ $0.savedRows }) == 0 { return save(collection, field) }
    do throws(CollectionError) {
      try folder.saveCalibration(index, collection: collection.number, vector: field.number)
    } catch {
      var details = metadata(collection, field)
      details["part"] = "calibration"
      saveNotes.failed(of: topic(collection, field), "\(error)", details)
    }
  }
}
