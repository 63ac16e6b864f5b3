import PointModel
import Storage

/// A point as the operations of a commit group have left it so far.
struct StagedPoint {
  /// Where the point is in the store, if it is there.
  var base: PointLocation?
  var exists: Bool
  /// The payload; `nil` while it is still the stored one.
  var payload: Payload?
  /// All vectors by number; `nil` while they are still the stored ones.
  var vectors: [UInt16: [Float]]?
  var version: UInt64

  init(stored base: PointLocation?) {
    self.base = base
    self.exists = base != nil
    self.payload = nil
    self.vectors = nil
    self.version = base?.version ?? 0
  }

  /// About the memory that it takes until it is written.
  var byteCount: Int {
    let values = vectors?.values.reduce(0) { $0 + $1.count * MemoryLayout<Float>.stride } ?? 0
    return 64 + (payload?.json.count ?? 0) + values
  }
}

/// What a commit group has changed in one collection: points by id, in the order first touched.
struct StagedPoints {
  private(set) var points: [PointID: StagedPoint] = [:]
  private(set) var order: [PointID] = []
  /// About the memory of all.
  private(set) var byteCount = 0

  subscript(id: PointID) -> StagedPoint? { points[id] }

  var isEmpty: Bool { order.isEmpty }

  mutating func set(_ id: PointID, _ point: StagedPoint) {
    byteCount += point.byteCount
    if let before = points.updateValue(point, forKey: id) {
      byteCount -= before.byteCount
    } else {
      order.append(id)
    }
  }

  /// Takes over everything that `newer` changed.
  mutating func merge(_ newer: StagedPoints) {
    if isEmpty {
      self = newer
      return
    }
    for id in newer.order {
      if let point = newer.points[id] { set(id, point) }
    }
  }
}
