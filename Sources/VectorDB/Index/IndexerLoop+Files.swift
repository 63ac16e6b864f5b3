import Logging
import OutageLogging
import Synchronization
import VectorIndex

/// Vectors that stay on disk, behind the commits.
extension IndexerLoop {
  /// Does all that is due: into files, into fewer and better files, or back into memory.
  func moveRows(_ collection: PointCollection, _ field: any VectorField) {
    move(collection, field) { upkeep in try upkeep.step() }
  }

  /// Has files take what is too much in memory.
  func moveOut(_ collection: PointCollection, _ field: any VectorField) {
    guard field.hasTooManyInMemory(core.options.limits) else { return }
    move(collection, field) { upkeep in try upkeep.moveOut() }
  }

  private func move(
    _ collection: PointCollection, _ field: any VectorField,
    _ step: (RowFileUpkeep) throws -> Bool
  ) {
    guard let field = field as? DenseField, field.isOnDisk || !field.files.isEmpty else { return }
    let isUnwanted = { self.isStopped || !self.isThere(field, collection) }
    do {
      while !isUnwanted(), let (rows, visibility) = rows(of: field, collection) {
        let upkeep = RowFileUpkeep(collection, field, rows, visibility) {
          self.rounds.drainTails()
          return isUnwanted()
        }
        guard try step(upkeep) else { break }
        collection.republish()
        collection.progress.ring()
      }
      field.cannotMove.store(false, ordering: .relaxed)
    } catch {
      if isUnwanted() { return }
      field.cannotMove.store(true, ordering: .relaxed)
      collection.progress.ring()
      moveNotes.failed(
        of: topic(collection, field), "\(error)", metadata(collection, field))
    }
  }
}
