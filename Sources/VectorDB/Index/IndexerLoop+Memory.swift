import Logging
import OutageLogging
import VectorIndex

extension IndexerLoop {
  /// A first index, which the rows were admitted with, may pass the limit by this share of it.
  private static let slack = 1.0 / 8

  /// Memory for a build; `nil` when there is none now.
  ///
  /// A first index is part of the use since it is due, so it is built unless something else has
  /// taken its room; a new one beside the old one takes as much again.
  func leaseForBuild(_ collection: PointCollection, _ field: any VectorField) -> MemoryLease? {
    let now = now
    let refusedAt = field.indexSlot.withState { $0.refusedAt }
    let isFirst = field.indexSlot.index == nil
    do throws(CollectionError) {
      if isFirst, core.memory.exceedsLimit(by: Self.slack) {
        throw .outOfSpace("the memory limit is passed already")
      }
      let lease = try core.memory.lease(
        isFirst ? 0 : collection.indexBytes(field), for: .vectorIndex)
      field.indexSlot.withState { $0.refusedAt = nil }
      return lease
    } catch {
      field.indexSlot.withState { $0.refusedAt = now }
      if refusedAt == nil {
        buildNotes.failed(
          of: topic(collection, field), "\(error)", metadata(collection, field))
      }
      return nil
    }
  }
}
