import Synchronization
import VectorIndex

extension PointCollection {
  /// Memory that indexes will take which are due, in bytes: room that writes leave, so that a build
  /// does not lead over the limit.
  var indexReserve: Int {
    vectors.reduce(0) { sum, slot in
      switch slot.indexSlot.phase {
      case .ready, .building, .rebuilding: sum
      case .none: isIndexDue(slot) ? sum + indexBytes(slot) : sum
      case .waiting: sum + indexBytes(slot)
      }
    }
  }

  /// Memory of the indexes that are being built, as if they were finished.
  var buildBytes: Int {
    vectors.reduce(0) { sum, slot in
      switch slot.indexSlot.phase {
      case .building, .rebuilding: sum + indexBytes(slot)
      case .ready, .none, .waiting: sum
      }
    }
  }

  /// What indexes take more once there are `rows` more points: those that grow, and those that
  /// become due.
  func indexGrowth(rows: Int) -> Int {
    if rows == 0 { return 0 }
    let live = state.withLock { $0.liveCount }
    return vectors.reduce(0) { sum, slot in
      guard slot.indexSlot.index != nil || isIndexDue(slot, moreRows: rows) else { return sum }
      let isCounted = slot.indexSlot.index != nil || isIndexDue(slot)
      let before = isCounted ? slot.indexBytes(rows: live) : 0
      return sum + slot.indexBytes(rows: live + rows) - before
    }
  }

  /// What the index of a vector takes now, or will.
  func indexBytes(_ slot: any VectorField) -> Int {
    slot.indexBytes(rows: state.withLock { $0.liveCount })
  }
}
