import PointModel
import Synchronization
import VectorIndex

/// About how much more a request will take, in bytes, before it is known which of its points exist.
struct RowGrowth {
  var memory = 0
  var disk = 0
  /// New rows at most.
  private(set) var rows = 0

  /// Whether a request only shrinks a collection, and is never refused.
  var isNone: Bool { memory == 0 && disk == 0 }

  /// Keys, versions and the log's own records for one point.
  private static let recordBytes = 96
  /// A change is in the log and in a table file until the log is dropped.
  private static let copiesOnDisk = 2

  init() {}

  /// A row under a key of a payload index, and a part of the key.
  private static let bytesPerIndexedField = 24

  /// - Parameters:
  ///   - fields: those of the collection.
  ///   - indexedFields: the number of payload indexes that each payload is entered into.
  ///   - limits: those of the database; an update of more points than one commit may hold takes
  ///     what it needs commit by commit.
  init(of operations: [Operation], fields: FieldSet, indexedFields: Int, limits: Limits) {
    let empty = fields.all.reduce(PointCollection.bytesPerRowWithoutVectors) {
      $0 + $1.growth(of: nil)
    }
    /// A row has all vectors, but for those that are not given.
    func bytesPerRow(_ vectors: [NamedVector]) -> Int {
      vectors.reduce(empty) { sum, vector in
        guard let field = fields[vector.name] else { return sum }
        return sum + field.growth(of: vector.value) - field.growth(of: nil)
      }
    }
    for operation in operations {
      switch operation {
      case .upsert(let points, _):
        for point in points {
          let payload = point.payload.json.count
          add(rows: 1, bytesPerRow(point.vectors), values: payload + Self.bytes(point.vectors))
          enter(payload, rows: 1, indexedFields)
        }
      case .updateVectors(let points, _):
        for point in points {
          add(rows: 1, bytesPerRow(point.vectors), values: Self.bytes(point.vectors))
        }
      case .setPayload(let payload, let selector, _), .overwritePayload(let payload, let selector):
        let rows = min(
          Self.count(selector), limits.updatePointsMax,
          max(1, limits.updateBytesMax / max(1, payload.json.count)))
        add(rows: 0, 0, values: payload.json.count * rows)
        enter(payload.json.count, rows: rows, indexedFields)
      case .delete, .deletePayload, .clearPayload, .deleteVectors:
        break
      }
    }
  }

  /// Of points that are staged and exist already.
  init(of points: StagedPoints) {
    memory = points.byteCount
    disk = Self.copiesOnDisk * (points.byteCount + points.order.count * Self.recordBytes)
  }

  /// - Parameter bytesPerRow: of a row of the collection with all vectors.
  init(of points: LoggedPoints, bytesPerRow: Int) {
    for point in points.points {
      guard case .present(let payload, let vectors) = point.state else { continue }
      let stored = (vectors ?? []).reduce(payload?.json.count ?? 0) { $0 + $1.stored.count }
      add(rows: 1, vectors == nil ? 0 : bytesPerRow, values: stored)
    }
  }

  private mutating func add(rows: Int, _ bytesPerRow: Int, values: Int) {
    // What is written is in a write buffer too, whose blocks are not full.
    memory += rows * bytesPerRow + values + values / 6 + Self.recordBytes
    self.rows += rows
    disk += Self.copiesOnDisk * (values + Self.recordBytes)
  }

  /// Payload indexes seldom hold more text than the payloads have: ``GatheringRoom`` is for that.
  private mutating func enter(_ payloadBytes: Int, rows: Int, _ indexedFields: Int) {
    if indexedFields == 0 { return }
    memory += rows * (payloadBytes + indexedFields * Self.bytesPerIndexedField)
  }

  mutating func add(_ other: RowGrowth) {
    memory += other.memory
    disk += other.disk
  }

  mutating func subtract(_ other: RowGrowth) {
    memory -= other.memory
    disk -= other.disk
  }

  private static func bytes(_ vectors: [NamedVector]) -> Int {
    vectors.reduce(0) { $0 + $1.value.byteCount }
  }

  /// A filter counts as one point: what it selects is known only when it is applied.
  private static func count(_ selector: PointSelector) -> Int {
    if case .ids(let ids) = selector { return ids.count }
    return 1
  }
}

extension Operation {
  /// Whether it brings vectors of a name along.
  fileprivate func brings(_ name: String) -> Bool {
    switch self {
    case .upsert(let points, _):
      points.contains { $0.vectors.contains { $0.name == name } }
    case .updateVectors(let points, _):
      points.contains { $0.vectors.contains { $0.name == name } }
    default: false
    }
  }
}

extension PointCollection {
  /// About how much more the collection will take once `operations` are applied.
  func growth(of operations: [Operation]) -> RowGrowth {
    var growth = RowGrowth(
      of: operations, fields: fieldSet, indexedFields: payloadSchema.count,
      limits: core.options.limits)
    growth.memory += indexGrowth(rows: growth.rows)
    growth.memory += chunkGrowth(rows: growth.rows, of: operations)
    // Files beside the store.
    growth.disk += growth.rows * (bytesPerVectors - keptBytesPerRow)
    return growth
  }

  /// What chunks take that so many more rows begin, beside the rows.
  private func chunkGrowth(rows: Int, of operations: [Operation]) -> Int {
    if rows == 0 { return 0 }
    let next = Int(state.withLock { $0.counters.nextOffset })
    func begun(_ rowsPerChunk: Int) -> Int {
      (next + rows - 1) / rowsPerChunk - (next + rowsPerChunk - 1) / rowsPerChunk + 1
    }
    let tables =
      begun(VisibilityTable.rowsPerChunk) * VisibilityTable.rowsPerChunk
      * Self.bytesPerRowWithoutVectors
    return fields.reduce(tables) { sum, field in
      let chunks = begun(field.rowsPerChunk)
      let isGiven = chunks > 0 && operations.contains { $0.brings(field.name) }
      return isGiven ? sum + chunks * field.chunkBytes : sum
    }
  }
}
