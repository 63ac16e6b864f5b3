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

  /// What an index takes by the formula of <doc:Memory>.
  private func indexBytes(_ slot: VectorSlot) -> Int {
    let rows = Double(state.withLock { $0.liveCount })
    let dimension = Double((max(64, slot.size) + 31) / 32 * 32)
    let lists = 4 * rows.squareRoot()
    let entries = 2 * rows / 16
    let listBytes = 12 * Double(slot.size) + dimension / 8 + 256
    // Lists end in blocks that are not full: half a block a list.
    let blocks = entries + lists / 2
    return Int(blocks * (2 * dimension + 128 + 64) + lists * listBytes)
  }
}
