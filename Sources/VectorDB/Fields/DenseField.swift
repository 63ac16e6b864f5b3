import PointModel
import VectorIndex

/// Dense vectors of one length: a column of rows, scanned or found through lists.
final class DenseField: VectorField {
  let name: String
  let number: UInt16
  let position: Int
  let distance: Distance
  let indexSlot = IndexSlot()
  let column: DenseColumn

  /// An empty field at `position` of the collection's list.
  init(_ vector: NamedVectorParams, number: UInt16, position: Int) {
    self.name = vector.name
    self.number = number
    self.position = position
    self.distance = vector.params.distance
    self.column = DenseColumn(dimension: vector.params.size)
  }

  /// Numbers of a vector.
  var size: Int { column.dimension }
  var metric: Metric { Metric(distance) }
  var format: any VectorFormat {
    DenseFormat(dimension: column.dimension, element: column.element)
  }

  // MARK: Values

  func prepared(
    _ value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) -> VectorValue {
    let values = try checked(value, context: context())
    guard distance == .cosine else { return value }
    var normalized = values
    VectorMath.normalize(&normalized)
    return .dense(normalized)
  }

  /// The numbers of a vector that the field can hold or be searched with.
  ///
  /// - Throws: ``CollectionError`` for a vector of another kind or dimension; `context` says
  ///   where it came from.
  func checked(
    _ value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) -> [Float] {
    switch value {
    case .dense(let values):
      guard values.count == size else {
        throw .wrongDimension(expected: size, got: values.count, context: context())
      }
      return values
    case .sparse: throw .wrongInput("Conversion between sparse and regular vectors failed")
    case .multi: throw .wrongInput("Conversion between multi and regular vectors failed")
    }
  }

  // MARK: Rows

  var rowsPerChunk: Int { column.rowsPerChunk }
  var rowBytes: Int { column.rowBytes }
  var residentBytes: Int { column.residentBytes }

  func memory(rowCount: UInt32) -> (rows: Int, presence: Int) {
    column.memory(rowCount: rowCount)
  }

  func place(_ value: VectorValue, at offset: UInt32) {
    guard case .dense(let values) = value else {
      preconditionFailure("a vector of another kind")
    }
    values.withUnsafeBufferPointer { column.write($0, at: offset) }
  }

  func place(stored bytes: UnsafeRawBufferPointer, at offset: UInt32) {
    column.write(encoded: bytes, at: offset)
  }

  func dropChunk(containing offset: UInt32) { column.dropChunk(containing: offset) }

  // MARK: Index

  /// Lists hold inner products and Euclidean distances of floats.
  var canBeIndexed: Bool { metric != .manhattan && column.element == .float32 }

  func indexBytes(rows: Int) -> Int {
    let rows = Double(rows)
    let dimension = Double((max(64, size) + 31) / 32 * 32)
    let lists = 4 * rows.squareRoot()
    let entries = 2 * rows / 16
    let listBytes = 12 * Double(size) + dimension / 8 + 256
    // Lists end in blocks that are not full: half a block a list.
    let blocks = entries + lists / 2
    return Int(blocks * (2 * dimension + 128 + 64) + lists * listBytes)
  }

  func loadIndex(
    _ parameters: IVFParameters, reading: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> IVFFlatIndex {
    try IVFFlatIndex(metric: metric, dimension: size, parameters: parameters, reading: reading)
  }
}
