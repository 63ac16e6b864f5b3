import PointModel
import Synchronization
import VectorIndex

/// Several dense vectors of one length a point, as many as the point was given: compared by the sum
/// of the greatest similarities (``MultiColumnView/scorer(for:metric:)``). Once there are many, an
/// inverted index, made behind the commits, finds candidates for that.
final class MultiField: VectorField {
  /// The least that a row takes: its place, and memory by whole cache lines.
  private static let placeBytes = 16
  private static let lineBytes = 64
  /// What a vector takes in lists, at most.
  private static let entryBytes = 4

  let name: String
  let number: UInt16
  let distance: Distance
  let format: any VectorFormat
  let indexSlot = IndexSlot()
  let liveVectors = LiveVectors()
  private let column: MultiColumn
  private let index: MultiIndex
  /// Bytes of vectors from which on they are indexed; 0 for never.
  private let threshold = Atomic<Int>(0)

  /// An empty field.
  init(name: String, _ params: VectorParams, number: UInt16) {
    self.name = name
    self.number = number
    self.distance = params.distance
    column = MultiColumn(dimension: params.size, element: ElementType(params.datatype))
    format = MultiFormat(column.codec)
    index = MultiIndex(metric: Metric(distance, column.element))
  }

  private var size: Int { column.dimension }
  private var metric: Metric { Metric(distance, column.element) }

  func view() -> any FieldView {
    MultiFieldView(
      self, rows: column.view(), index: index.view(), metric: metric, rowBytes: rowBytes)
  }

  func configure(_ config: CollectionConfig) {
    threshold.store(max(0, config.indexingThreshold) << 10, ordering: .relaxed)
  }

  // MARK: Values

  /// One dense vector stands for a multivector of one.
  func check(
    query value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) {
    let got: Int
    switch value {
    case .dense(let values): got = values.count
    case .multi(let vector): got = vector.dimension
    case .sparse: throw .wrongInput("Conversion between sparse and regular vectors failed")
    }
    guard got == size else {
      throw .wrongDimension(expected: size, got: got, context: context())
    }
    try checkNumbers(of: value, context: context())
  }

  func prepared(query value: VectorValue) -> VectorValue {
    var values = value.vectorValues
    if distance == .cosine, metric != .cosine {
      values.withUnsafeMutableBufferPointer { values in
        for start in stride(from: 0, to: values.count, by: size) {
          VectorMath.normalize(
            UnsafeMutableBufferPointer(rebasing: values[start..<start + size]))
        }
      }
    }
    guard let vector = MultiVector(dimension: size, values: values) else {
      preconditionFailure("vectors of another dimension")
    }
    return .multi(vector)
  }

  // MARK: Rows

  var rowsPerChunk: Int { column.rowsPerChunk }
  var residentBytes: Int { column.residentBytes + index.residentBytes }
  var chunkBytes: Int { rowsPerChunk * Self.placeBytes + 4 << 10 }
  var rowBytes: Int { column.meanRowBytes }

  func memory(rowCount: UInt32) -> FieldMemory {
    let memory = column.memory(rowCount: rowCount)
    return FieldMemory(
      rows: memory.rows + index.residentBytes, presence: memory.places, keptRows: memory.keptRows)
  }

  func storedBytes(live rows: Int) -> Int { rows * (MultiFormat.countBytes + column.meanRowBytes) }

  func growth(of value: VectorValue?) -> Int {
    let elements: Int
    switch value {
    case .multi(let vector): elements = vector.values.count
    case .dense(let values): elements = values.count
    // What was not checked yet may be of another kind, and is refused later.
    case .sparse, nil: return Self.placeBytes
    }
    let bytes = elements / size * (column.vectorBytes + Self.entryBytes)
    return Self.placeBytes + bytes + Self.lineBytes
  }

  func place(_ value: VectorValue, at offset: UInt32) {
    value.vectorValues.withUnsafeBufferPointer { column.write($0, at: offset) }
    liveVectors.placed()
  }

  func place(stored bytes: UnsafeRawBufferPointer, at offset: UInt32) {
    column.write(
      encoded: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(MultiFormat.countBytes)),
      at: offset)
    liveVectors.placed()
  }

  func rowDied(at offset: UInt32) {
    if column.view().contains(offset) { liveVectors.died() }
  }

  func dropChunk(containing offset: UInt32) { column.dropChunk(containing: offset) }

  // MARK: Upkeep

  var listedRows: UInt32 { index.view().end }
  var listsAreComing: Bool { listedRows == 0 && isIndexDue(liveVectors.count) }

  func waitingRows(below rowCount: UInt32) -> Int {
    let end = index.view().end
    guard end > 0 || isIndexDue(Int(rowCount)) else { return 0 }
    return max(0, Int(rowCount) - Int(end))
  }

  func upkeep(
    _ view: any FieldView, _ visibility: VisibilityView, shouldStop: () -> Bool
  ) -> Bool {
    guard let view = view as? MultiFieldView else { preconditionFailure("another field's view") }
    guard view.isIndexed || isIndexDue(Int(visibility.rowCount)) else { return false }
    return index.update(column: view.rows, visibility: visibility, shouldStop: shouldStop)
  }

  func serializeLists(to sink: (UnsafeRawBufferPointer) throws -> Void) throws -> UInt32 {
    try index.serialize(to: sink)
  }

  func loadLists(
    reading: (UnsafeMutableRawBufferPointer) throws -> Void,
    accepting: (UInt32) throws -> Void
  ) throws -> UInt32 {
    try index.load(dimension: size, reading: reading, accepting: accepting)
  }

  private func isIndexDue(_ rows: Int) -> Bool {
    let threshold = threshold.load(ordering: .relaxed)
    return threshold > 0 && rows * column.meanRowBytes > threshold
  }
}

extension VectorValue {
  /// The elements of what must be a multivector or the one vector of such.
  var vectorValues: [Float] {
    switch self {
    case .multi(let vector): vector.values
    case .dense(let values): values
    case .sparse: preconditionFailure("a vector of another kind")
    }
  }
}
