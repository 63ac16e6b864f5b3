import PointModel
import VectorIndex

/// Several dense vectors of one length a point, as many as the point was given: compared by the sum
/// of the greatest similarities (``MultiColumnView/scorer(for:metric:)``). Every search scores all
/// rows that it may return.
final class MultiField: VectorField {
  /// The least that a row takes: its place, and memory by whole cache lines.
  private static let placeBytes = 16
  private static let lineBytes = 64

  let name: String
  let number: UInt16
  let distance: Distance
  let format: any VectorFormat
  let indexSlot = IndexSlot()
  let liveVectors = LiveVectors()
  private let column: MultiColumn

  /// An empty field.
  init(name: String, _ params: VectorParams, number: UInt16) {
    self.name = name
    self.number = number
    self.distance = params.distance
    column = MultiColumn(dimension: params.size, element: ElementType(params.datatype))
    format = MultiFormat(column.codec)
  }

  private var size: Int { column.dimension }
  private var metric: Metric { Metric(distance, column.element) }

  func view() -> any FieldView {
    MultiFieldView(self, rows: column.view(), metric: metric, rowBytes: rowBytes)
  }

  // MARK: Values

  func prepared(
    _ value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) -> VectorValue {
    try check(query: value, context: context())
    return prepared(query: value)
  }

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
  var residentBytes: Int { column.residentBytes }
  var chunkBytes: Int { rowsPerChunk * Self.placeBytes + 4 << 10 }
  var rowBytes: Int { column.meanRowBytes }

  func memory(rowCount: UInt32) -> FieldMemory {
    let memory = column.memory(rowCount: rowCount)
    return FieldMemory(rows: memory.rows, presence: memory.places, keptRows: memory.keptRows)
  }

  func storedBytes(live rows: Int) -> Int { rows * (MultiFormat.countBytes + column.meanRowBytes) }

  func growth(of value: VectorValue?) -> Int {
    guard let value else { return Self.placeBytes }
    let bytes = value.vectorValues.count / size * column.vectorBytes
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
}

extension VectorValue {
  /// The elements of what must be a multivector or the one vector of such.
  fileprivate var vectorValues: [Float] {
    switch self {
    case .multi(let vector): vector.values
    case .dense(let values): values
    case .sparse: preconditionFailure("a vector of another kind")
    }
  }
}

/// The rows of a field of multivectors, as the readers of one commit see them.
struct MultiFieldView: FieldView {
  /// Reading vectors is the smaller part of comparing them.
  private static let workForReading = 8

  let field: any VectorField
  private let rows: MultiColumnView
  private let metric: Metric
  private let rowBytes: Int

  init(_ field: MultiField, rows: MultiColumnView, metric: Metric, rowBytes: Int) {
    self.field = field
    self.rows = rows
    self.metric = metric
    self.rowBytes = rowBytes
  }

  // MARK: Rows

  func contains(_ offset: UInt32) -> Bool { rows.contains(offset) }

  func value(at offset: UInt32) -> VectorValue? {
    rows.row(offset).flatMap { MultiVector(dimension: rows.dimension, values: $0) }
      .map { .multi($0) }
  }

  func appendStored(_ offset: UInt32, to bytes: inout [UInt8]) -> Bool {
    let isThere: Void? = rows.withEncodedRow(offset) { vectors in
      MultiFormat.append(count: vectors.count / rows.vectorBytes, to: &bytes)
      bytes.append(contentsOf: vectors)
    }
    return isThere != nil
  }

  // MARK: Scores

  func scorer(for query: VectorValue) -> any Scorer {
    rows.scorer(for: query.vectorValues, metric: metric)
  }

  /// Rows are normalised already.
  func scorer(likeRow offset: UInt32) -> (any Scorer)? {
    rows.row(offset).map { rows.scorer(for: $0, metric: metric) }
  }

  /// What a vector of one is like is the best of the other, and not the other way round.
  var isSymmetric: Bool { false }

  // MARK: Searches

  func isExact(_ params: SearchParams) -> Bool { true }

  func bytesRead(limit: Int, _ search: FieldSearch) -> Int {
    Int(search.visibility.rowCount) * rowBytes * Self.workForReading
  }

  func search(
    _ queries: [FieldQuery], _ search: FieldSearch, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    try ExactScan.nearest(
      queries.map { query in
        ScorerQuery(scorer(for: query.value), limit: query.limit, allowed: query.allowed)
      }, visibility: search.visibility, shouldStop: shouldStop)
  }
}
