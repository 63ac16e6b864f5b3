import Synchronization
import VectorIndex

extension PointCollection {
  /// Memory that indexes will take which are due or being built, in bytes: room that writes leave,
  /// so that a build does not lead over the limit. By the formula of <doc:Memory>.
  var indexReserve: Int {
    vectors.reduce(0) { $0 + reserve(for: $1) }
  }

  private func reserve(for slot: VectorSlot) -> Int {
    switch slot.indexSlot.phase {
    case .ready: return 0
    case .none: if !isIndexDue(slot) { return 0 }
    case .waiting, .building, .rebuilding: break
    }
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
