import Glibc
import PointModel
import Synchronization
import VectorIndex

extension PointCollection {
  /// Rows outside of the lists from which on they are entered at once; fewer wait for more.
  static let tailRowsWorthAnInsert = 64

  /// Tells the indexer that rows were committed, if it has something to do with them.
  func noteCommit() {
    let nextOffset = state.withLock { $0.counters.nextOffset }
    for slot in vectors {
      if let index = slot.indexSlot.index {
        if Int(nextOffset) - Int(index.view().coveredRows) >= Self.tailRowsWorthAnInsert {
          core.indexQueue.add(self)
          return
        }
      } else if isIndexDue(slot) {
        core.indexQueue.add(self)
        return
      }
    }
  }

  /// Whether a vector that has no index has grown to need one, or will with `moreRows`.
  func isIndexDue(_ slot: any VectorField, moreRows: Int = 0) -> Bool {
    guard slot.canBeIndexed, slot.indexSlot.index == nil else { return false }
    let (threshold, count) = state.withLock { ($0.config.indexingThreshold, $0.liveCount) }
    guard threshold > 0 else { return false }
    return (count + moreRows) * slot.rowBytes > threshold << 10
  }

  /// Rows of `slot` that are not in its lists; 0 without an index.
  func tailRows(_ slot: any VectorField) -> Int {
    guard let index = slot.indexSlot.index else { return 0 }
    let nextOffset = state.withLock { $0.counters.nextOffset }
    return max(0, Int(nextOffset) - Int(index.view().coveredRows))
  }

  /// Waits while more rows than searches should scan are outside of the lists.
  func awaitIndexing() async throws(CollectionError) {
    let limit = core.options.limits.indexTailRowsMax
    do throws(CancellationError) {
      try await progress.wait {
        guard vectors.contains(where: { tailRows($0) > limit }) else { return true }
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
    return vectors.reduce(0) { sum, slot in
      guard slot.indexSlot.index != nil else { return sum }
      // Rows of the tail are new and, but for a few, live.
      return sum + max(0, live - min(tailRows(slot), Int(next)))
    }
  }

  /// What a collection reports of its indexes.
  var indexInfos: [VectorIndexInfo] {
    vectors.map { slot in
      let problem = slot.indexSlot.withState { $0.problem }
      var phase = slot.indexSlot.phase
      if phase == .none, isIndexDue(slot) { phase = .waiting }
      return VectorIndexInfo(
        vector: slot.name, state: phase, statistics: slot.indexSlot.index?.statistics(),
        tailRows: tailRows(slot), problem: problem)
    }
  }
}
