import PointModel
import Storage

/// A vector of a staged point.
enum StagedVector {
  /// One that came with an operation, prepared.
  case new(VectorValue)
  /// One that the point had, as it is stored.
  case stored([UInt8])

  /// About the memory that it takes.
  var byteCount: Int {
    switch self {
    case .new(let value): value.byteCount
    case .stored(let bytes): bytes.count
    }
  }

  /// Appends its stored form.
  func append(to bytes: inout [UInt8], as format: any VectorFormat) {
    switch self {
    case .new(let value): format.withStored(value) { bytes.append(contentsOf: $0) }
    case .stored(let stored): bytes.append(contentsOf: stored)
    }
  }

  /// Puts it into a row of its field; see ``VectorField/place(_:at:)``.
  func place(in field: any VectorField, at offset: UInt32) {
    switch self {
    case .new(let value): field.place(value, at: offset)
    case .stored(let bytes): bytes.withUnsafeBytes { field.place(stored: $0, at: offset) }
    }
  }
}

/// A point as the operations of a commit group have left it so far.
struct StagedPoint {
  /// Where the point is in the store, if it is there.
  var base: PointLocation?
  var exists: Bool
  /// The payload; `nil` while it is still the stored one.
  var payload: Payload?
  /// The stored payload, if it was read already because the point goes to another row.
  var kept: Payload?
  /// What a payload takes that was made of the stored one.
  private var editedBytes = 0
  /// All vectors by number; `nil` while they are still the stored ones.
  var vectors: [UInt16: StagedVector]?
  var version: UInt64
  /// Whether the point only goes to another row, and is for clients what it was.
  var isMoved = false

  init(stored base: PointLocation?) {
    self.base = base
    self.exists = base != nil
    self.payload = nil
    self.vectors = nil
    self.version = base?.version ?? 0
  }

  /// About the memory that it takes until it is written.
  var byteCount: Int {
    let values = vectors?.values.reduce(0) { $0 + $1.byteCount } ?? 0
    return 64 + (payload?.json.count ?? 0) + (kept?.json.count ?? 0) + values
  }

  /// What of it no request brought along: payloads that were read, and those made of them.
  var readBytes: Int { (kept?.json.count ?? 0) + editedBytes }

  /// Gives it a payload.
  ///
  /// - Parameter isEdited: whether that was made of the one before.
  mutating func setPayload(_ payload: Payload, isEdited: Bool = false) {
    self.payload = payload
    kept = nil
    editedBytes = isEdited ? payload.json.count : 0
  }

  /// Takes it away.
  mutating func remove() {
    exists = false
    payload = nil
    kept = nil
    editedBytes = 0
    vectors = nil
  }
}

/// What a commit group has changed in one collection: points by id, in the order first touched.
struct StagedPoints {
  private(set) var points: [PointID: StagedPoint] = [:]
  private(set) var order: [PointID] = []
  /// About the memory of all.
  private(set) var byteCount = 0
  /// What of it no request brought along.
  private(set) var readBytes = 0

  subscript(id: PointID) -> StagedPoint? { points[id] }

  var isEmpty: Bool { order.isEmpty }

  mutating func set(_ id: PointID, _ point: StagedPoint) {
    byteCount += point.byteCount
    readBytes += point.readBytes
    if let before = points.updateValue(point, forKey: id) {
      byteCount -= before.byteCount
      readBytes -= before.readBytes
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
