import Synchronization
import VectorIndex

/// Counts dead rows by chunk, so that a chunk whose rows have all died gives its memory back.
///
/// Offsets are never used again, so a fully dead chunk stays dead. Views that running readers hold
/// keep their chunks alive.
final class DeadRows: Sendable {
  private let counts = Mutex<[String: [UInt32: Int]]>([:])

  /// Notes that the row at `offset` died; called by the committer only.
  func count(_ offset: UInt32, in collection: PointCollection) {
    counts.withLock { counts in
      for slot in collection.vectors {
        let rows = slot.column.rowsPerChunk
        let chunk = offset / UInt32(rows)
        let dead = (counts[slot.name]?[chunk] ?? 0) + 1
        if dead == rows {
          slot.column.dropChunk(containing: offset)
          counts[slot.name]?[chunk] = nil
        } else {
          counts[slot.name, default: [:]][chunk] = dead
        }
      }
    }
  }

  /// Notes rows that had no point when the collection was opened.
  func count(missing offsets: Range<UInt32>, in collection: PointCollection) {
    for offset in offsets { count(offset, in: collection) }
  }
}
