import Glibc
import PointModel
import Synchronization
import VectorIndex

extension PointCollection {
  /// Rows that a field has yet to put in order by itself, from which on it is made to.
  static let waitingRowsWorthUpkeep = SparseIndex.minimumRows + 64

  /// Tells the indexer that rows were committed, if it has something to do with them.
  func noteCommit() {
    let nextOffset = state.withLock { $0.counters.nextOffset }
    for field in fields {
      if field.waitingRows(below: nextOffset) >= Self.waitingRowsWorthUpkeep
        || field.hasTooManyInMemory(core.options.limits)
      {
        core.indexQueue.add(self)
        return
      }
      if let index = field.indexSlot.index {
        if Int(nextOffset) - Int(index.coveredRows) >= IndexFigures.tailRowsWorthAnInsert {
          core.indexQueue.add(self)
          return
        }
      } else if isIndexDue(field) {
        core.indexQueue.add(self)
        return
      }
    }
  }

  /// Whether a vector that has no index has grown to need one, or will with `moreRows`.
  func isIndexDue(_ field: any VectorField, moreRows: Int = 0) -> Bool {
    guard field.canBeIndexed, field.indexSlot.index == nil else { return false }
    let (threshold, count) = state.withLock { ($0.config.indexingThreshold, $0.liveCount) }
    guard threshold > 0 else { return false }
    return (count + moreRows) * field.rowBytes > threshold << 10
  }

  /// Rows of `field` that are not in its lists or segments; 0 without an index.
  func tailRows(_ field: any VectorField) -> Int {
    let nextOffset = state.withLock { $0.counters.nextOffset }
    guard let index = field.indexSlot.index else { return field.waitingRows(below: nextOffset) }
    return max(0, Int(nextOffset) - Int(index.coveredRows))
  }

  /// Waits while more rows than searches should scan are outside of the lists.
  func awaitIndexing() async throws(CollectionError) {
    let limit = core.options.limits.indexTailRowsMax
    do throws(CancellationError) {
      try await progress.wait {
        guard
          fields.contains(where: { field in
            tailRows(field) > limit
              || (field as? DenseField)?.holdsWritersUp(core.options.limits) == true
          })
        else { return true }
        core.indexQueue.add(self)
        return core.indexQueue.isClosed
      }
    } catch {
      // The client is gone; its write has not begun.
      throw .timedOut("the write was given up")
    }
    if core.indexQueue.isClosed { throw .shuttingDown }
  }

  /// Live points that searches find through lists, added up over the vectors.
  var indexedVectorsCount: Int {
    let (live, next) = state.withLock { ($0.liveCount, $0.counters.nextOffset) }
    return fields.reduce(0) { sum, field in
      guard field.indexSlot.index != nil || field.listedRows > 0 else { return sum }
      // Rows of the tail are new and, but for a few, live.
      return sum + max(0, live - min(tailRows(field), Int(next)))
    }
  }

  /// What a collection reports of its indexes.
  var indexInfos: [VectorIndexInfo] {
    fields.map { field in
      let problem = field.indexSlot.withState { $0.problem }
      var phase = field.indexSlot.phase
      if phase == .none, isIndexDue(field) { phase = .waiting }
      return VectorIndexInfo(
        vector: field.name, state: phase, statistics: field.indexSlot.index?.statistics(),
        tailRows: tailRows(field), problem: problem)
    }
  }
}
