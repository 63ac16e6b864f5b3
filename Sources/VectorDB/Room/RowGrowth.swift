import PointModel

/// About how much more a request will take, in bytes, before it is known which of its points exist.
struct RowGrowth: Equatable {
  var memory = 0
  var disk = 0

  /// What a request that only shrinks a collection needs, which is never refused.
  static let none = RowGrowth()

  /// Keys, versions and the log's own records for one point.
  private static let recordBytes = 96
  /// A change is in the log and in a table file until the log is dropped.
  private static let copiesOnDisk = 2

  init() {}

  init(of operations: [Operation], bytesPerRow: Int) {
    for operation in operations {
      switch operation {
      case .upsert(let points, _):
        for point in points {
          add(rows: 1, bytesPerRow, values: point.payload.json.count + Self.bytes(point.vectors))
        }
      case .updateVectors(let points, _):
        for point in points { add(rows: 1, bytesPerRow, values: Self.bytes(point.vectors)) }
      case .setPayload(let payload, let selector, _), .overwritePayload(let payload, let selector):
        add(rows: 0, 0, values: payload.json.count * Self.count(selector))
      case .delete, .deletePayload, .clearPayload, .deleteVectors, .relocate:
        break
      }
    }
  }

  private mutating func add(rows: Int, _ bytesPerRow: Int, values: Int) {
    // What is written is in a write buffer too.
    memory += rows * bytesPerRow + values + Self.recordBytes
    disk += Self.copiesOnDisk * (values + Self.recordBytes)
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
