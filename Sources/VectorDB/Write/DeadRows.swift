import Synchronization
import VectorIndex

/// Counts dead rows by chunk, so that a chunk whose rows have all died gives its memory back.
///
/// Offsets are never used again, so a fully dead chunk stays dead. Views that running readers hold
/// keep their chunks alive.
final class DeadRows: Sendable {
  private let counts = Mutex(Counts())

  private struct Counts {
    /// Dead rows by chunk number, for each of the collection's vectors.
    var columns: [[UInt32: Int]] = []
    /// The same for the tables of births, deaths and identities.
    var visibility: [UInt32: Int] = [:]
  }

  /// Notes that the row at `offset` died; called by the committer only, and once a row.
  func count(_ offset: UInt32, in collection: PointCollection) {
    counts.withLock { counts in
      if counts.columns.isEmpty {
        counts.columns = [[UInt32: Int]](repeating: [:], count: collection.vectors.count)
      }
      for slot in collection.vectors {
        let rows = slot.column.rowsPerChunk
        if Self.isFull(&counts.columns[slot.position], offset / UInt32(rows), rows) {
          slot.column.dropChunk(containing: offset)
        }
      }
      let rows = VisibilityTable.rowsPerChunk
      if Self.isFull(&counts.visibility, offset / UInt32(rows), rows) {
        collection.visibility.dropChunk(containing: offset)
        collection.identities.dropChunk(containing: offset)
      }
    }
  }

  /// Counts a dead row of `chunk`; whether it was the last of its `rows`.
  private static func isFull(_ dead: inout [UInt32: Int], _ chunk: UInt32, _ rows: Int) -> Bool {
    let count = (dead[chunk] ?? 0) + 1
    dead[chunk] = count == rows ? nil : count
    return count == rows
  }

  /// Notes rows that had no point when the collection was opened.
  func count(missing offsets: Range<UInt32>, in collection: PointCollection) {
    for offset in offsets { count(offset, in: collection) }
  }

  /// Dead rows by chunk number of the vector at `position`; chunks that were given back are absent.
  func byChunk(ofVectorAt position: Int) -> [UInt32: Int] {
    counts.withLock { position < $0.columns.count ? $0.columns[position] : [:] }
  }
}
