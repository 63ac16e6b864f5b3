import Synchronization
import VectorIndex

/// Counts dead rows by chunk, so that a chunk whose rows have all died gives its memory back.
///
/// Offsets are never used again, so a fully dead chunk stays dead. Views that running readers hold
/// keep their chunks alive.
final class DeadRows: Sendable {
  private let counts = Mutex(Counts())

  private struct Counts {
    /// Dead rows by chunk number, by the number of each of the collection's vectors.
    var fields: [UInt16: [UInt32: Int]] = [:]
    /// The same for the tables of births, deaths and identities.
    var visibility: [UInt32: Int] = [:]
  }

  /// Notes that the row at `offset` died; called by the committer only, and once a row. Whether
  /// memory was let go of, which what is published of the collection holds still.
  @discardableResult
  func count(_ offset: UInt32, in collection: PointCollection) -> Bool {
    let fields = collection.fields
    return counts.withLock { counts in
      var hasDropped = false
      for field in fields {
        let rows = field.rowsPerChunk
        if Self.isFull(&counts.fields[field.number, default: [:]], offset / UInt32(rows), rows) {
          field.dropChunk(containing: offset)
          hasDropped = true
        }
      }
      let rows = VisibilityTable.rowsPerChunk
      if Self.isFull(&counts.visibility, offset / UInt32(rows), rows) {
        collection.visibility.dropChunk(containing: offset)
        collection.identities.dropChunk(containing: offset)
        hasDropped = true
      }
      return hasDropped
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

  /// Begins to count for a field that has no rows yet: what died before of the chunk that takes its
  /// first. Chunks before it never hold a row of the field.
  func begin(_ field: any VectorField, in collection: PointCollection) {
    let rows = UInt32(field.rowsPerChunk)
    let next = collection.state.withLock { $0.counters.nextOffset }
    let chunk = next / rows
    let visibility = collection.visibility.view(at: .max - 1, rowCount: next)
    var live = 0
    visibility.forEachVisible(in: chunk * rows..<next) { _ in live += 1 }
    let dead = Int(next - chunk * rows) - live
    counts.withLock { $0.fields[field.number] = dead > 0 ? [chunk: dead] : [:] }
  }

  /// Counts no more for a field that is gone.
  func forget(_ number: UInt16) {
    counts.withLock { _ = $0.fields.removeValue(forKey: number) }
  }

  /// Dead rows by chunk number of a field; chunks that were given back are absent.
  func byChunk(of field: any VectorField) -> [UInt32: Int] {
    counts.withLock { $0.fields[field.number] ?? [:] }
  }
}
