import Synchronization
import VectorIndex

extension PointCollection {
  /// Memory that indexes will take which are due, in bytes: room that writes leave, so that a build
  /// does not lead over the limit.
  var indexReserve: Int {
    fields.reduce(0) { sum, field in
      switch field.indexSlot.phase {
      case .ready, .building, .rebuilding: sum
      case .none: isIndexDue(field) ? sum + indexBytes(field) : sum
      case .waiting: sum + indexBytes(field)
      }
    }
  }

  /// Memory of the indexes that are being built, as if they were finished.
  var buildBytes: Int {
    fields.reduce(0) { sum, field in
      switch field.indexSlot.phase {
      case .building, .rebuilding: sum + indexBytes(field)
      case .ready, .none, .waiting: sum
      }
    }
  }

  /// What indexes take more once there are `rows` more points: those that grow, and those that
  /// become due.
  func indexGrowth(rows: Int) -> Int {
    if rows == 0 { return 0 }
    let live = state.withLock { $0.liveCount }
    return fields.reduce(0) { sum, field in
      guard field.indexSlot.index != nil || isIndexDue(field, moreRows: rows) else { return sum }
      let isCounted = field.indexSlot.index != nil || isIndexDue(field)
      let before = isCounted ? field.indexBytes(rows: live) : 0
      return sum + field.indexBytes(rows: live + rows) - before
    }
  }

  /// What the index of a vector takes now, or will.
  func indexBytes(_ field: any VectorField) -> Int {
    field.indexBytes(rows: state.withLock { $0.liveCount })
  }
}
