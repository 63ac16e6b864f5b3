import PointModel
import Synchronization
import VectorIndex

/// Moves the live rows of chunks that are mostly dead to new rows, so that scattered overwrites and
/// deletions do not keep memory.
///
/// A chunk gives its memory back once all its rows are dead. Moving a point is an ordinary
/// operation with a commit of its own: readers keep what they see, and a crash in between loses
/// nothing. Small steps: one chunk an operation, or a part of one whose payloads are large, and a
/// bounded number a second.
struct RowCompaction {
  /// The dead share of a collection's rows in memory beyond which rows are moved.
  private static let deadShareMax = 0.25
  /// Chunks moved in one step, about a MiB each.
  private static let chunksPerStep = 16
  /// A chunk is worth moving only when at least this share of it is dead.
  private static let chunkDeadShareMin = 0.2

  /// Moves the live rows of the worst chunks of `collection`. Blocking.
  static func step(
    _ collection: PointCollection, isStopped: () -> Bool
  ) throws(CollectionError) {
    guard let field = collection.fields.max(by: { $0.rowBytes < $1.rowBytes }) else { return }
    let rows = field.rowsPerChunk
    let rowCount = Int(collection.state.withLock { $0.counters.nextOffset })
    let dead = collection.deadRows.byChunk(of: field)
    let kept = field.memory(rowCount: UInt32(rowCount)).keptRows
    let total = dead.values.reduce(0, +)
    guard kept > rows, Double(total) > deadShareMax * Double(kept) else { return }
    // The last chunk still takes new rows.
    let worst = dead.filter {
      (Int($0.key) + 1) * rows <= rowCount && Double($0.value) >= chunkDeadShareMin * Double(rows)
    }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    for (chunk, _) in worst.prefix(chunksPerStep) {
      if isStopped() { break }
      try move(from: chunk * UInt32(rows), count: rows, collection)
    }
  }

  private static func move(
    from first: UInt32, count: Int, _ collection: PointCollection
  ) throws(CollectionError) {
    let transaction = try collection.beginRead()
    let range = first..<first + UInt32(count)
    var offsets: [UInt32] = []
    transaction.visibility.forEachVisible(in: range) { offsets.append($0) }
    let limits = collection.core.options.limits
    var points: [PointID] = []
    var bytes = 0
    // Records go with their rows: as many at once as an update may write.
    for start in stride(from: 0, to: offsets.count, by: rowsLookedAt) {
      let part = Array(offsets[start..<min(start + rowsLookedAt, offsets.count)])
      var records: [(id: PointID, bytes: Int)] = []
      try transaction.visitRecords(at: part) { (_, record) throws(CollectionError) in
        records.append((record.id, record.payload.count))
      }
      for record in records {
        points.append(record.id)
        bytes += record.bytes
        guard bytes >= limits.updateBytesMax || points.count >= limits.updatePointsMax else {
          continue
        }
        try collection.relocate(points, from: range)
        (points, bytes) = ([], 0)
      }
    }
    if !points.isEmpty { try collection.relocate(points, from: range) }
  }

  private static let rowsLookedAt = 256
}

extension PointCollection {
  /// Moves rows out of the worst chunks, as is done each second anyway. Blocking.
  package func compactRows() throws(CollectionError) {
    try RowCompaction.step(self) { false }
  }
}
