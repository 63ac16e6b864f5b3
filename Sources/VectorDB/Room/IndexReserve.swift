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
      let before = isCounted ? Self.indexBytes(slot, rows: live) : 0
      return sum + Self.indexBytes(slot, rows: live + rows) - before
    }
  }

  /// What the index of a vector takes now, or will.
  func indexBytes(_ slot: VectorSlot) -> Int {
    Self.indexBytes(slot, rows: state.withLock { $0.liveCount })
  }

  /// What an index of `rows` takes by the formula of <doc:Memory>.
  static func indexBytes(_ slot: VectorSlot, rows: Int) -> Int {
    let rows = Double(rows)
    let dimension = Double((max(64, slot.size) + 31) / 32 * 32)
    let lists = 4 * rows.squareRoot()
    let entries = 2 * rows / 16
    let listBytes = 12 * Double(slot.size) + dimension / 8 + 256
    // Lists end in blocks that are not full: half a block a list.
    let blocks = entries + lists / 2
    return Int(blocks * (2 * dimension + 128 + 64) + lists * listBytes)
  }
}
