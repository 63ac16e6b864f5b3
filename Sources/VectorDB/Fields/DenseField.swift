import PointModel
import Synchronization
import VectorIndex

/// Dense vectors of one length: a column of rows, scanned or found through lists, in memory or, but
/// for the latest, in files.
final class DenseField: VectorField {
  let name: String
  let number: UInt16
  let distance: Distance
  let format: any VectorFormat
  let indexSlot = IndexSlot()
  let liveVectors = LiveVectors()
  let column: DenseColumn
  private let staysOnDisk: Atomic<Bool>
  /// Whether files could not be written lately, so that writers do not wait for that.
  let cannotMove = Atomic<Bool>(false)
  /// Whether a file of rows in memory is being written.
  let isMovingOut = Atomic<Bool>(false)
  /// How many rows were dead when files were last looked through for those.
  let deadRowsSeen = Atomic<Int>(0)
  /// What searches have asked of the index.
  private let queries = QueryReservoir()

  /// An empty field.
  init(name: String, _ params: VectorParams, number: UInt16) {
    self.name = name
    self.number = number
    self.distance = params.distance
    self.column = DenseColumn(dimension: params.size, element: ElementType(params.datatype))
    self.format = DenseFormat(column.codec)
    self.staysOnDisk = Atomic(params.isOnDisk)
  }

  /// Whether rows are to be in files.
  var isOnDisk: Bool { staysOnDisk.load(ordering: .relaxed) }

  func configure(_ config: CollectionConfig) {
    guard let params = config.vectors.all.first(where: { $0.name == name })?.params else { return }
    staysOnDisk.store(params.isOnDisk, ordering: .relaxed)
  }

  private var size: Int { column.dimension }
  private var metric: Metric { Metric(distance, column.element) }

  func view() -> any FieldView {
    let index = indexSlot.index as? DenseIndex
    return DenseFieldView(
      self, rows: column.view(), metric: metric, index: index?.lists.view(), queries: queries)
  }

  // MARK: Values

  func check(
    query value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) {
    switch value {
    case .dense(let values):
      guard values.count == size else {
        throw .wrongDimension(expected: size, got: values.count, context: context())
      }
    case .sparse: throw .wrongInput("Conversion between sparse and regular vectors failed")
    case .multi: throw .wrongInput("Conversion between multi and regular vectors failed")
    }
    try checkNumbers(of: value, context: context())
  }

  func prepared(query value: VectorValue) -> VectorValue {
    guard distance == .cosine, metric != .cosine else { return value }
    var normalized = value.denseValues
    VectorMath.normalize(&normalized)
    return .dense(normalized)
  }

  // MARK: Rows

  var rowsPerChunk: Int { column.rowsPerChunk }
  var chunkBytes: Int { (column.rowsPerChunk + 63) / 64 * 8 + Self.pageBytes }
  var rowBytes: Int { column.rowBytes }
  var residentBytes: Int { column.residentBytes }

  func memory(rowCount: UInt32) -> FieldMemory {
    let (rows, presence) = column.memory(rowCount: rowCount)
    let pages = (rows + Self.pageBytes - 1) / Self.pageBytes * Self.pageBytes
    return FieldMemory(
      rows: pages + column.fileTableBytes, presence: presence,
      keptRows: rows / column.rowBytes + column.filedRows)
  }

  func growth(of value: VectorValue?) -> Int {
    isOnDisk && !files.isEmpty ? keptRowBytes : rowBytes
  }

  /// Memory of rows comes in these.
  private static let pageBytes = 4 << 10

  func place(_ value: VectorValue, at offset: UInt32) {
    value.denseValues.withUnsafeBufferPointer { column.write($0, at: offset) }
    liveVectors.placed()
  }

  func place(stored bytes: UnsafeRawBufferPointer, at offset: UInt32) {
    column.write(encoded: bytes, at: offset)
    liveVectors.placed()
  }

  func rowDied(at offset: UInt32) {
    if column.view().contains(offset) { liveVectors.died() }
  }

  func dropChunk(containing offset: UInt32) { column.dropChunk(containing: offset) }

  // MARK: Index

  /// Lists hold inner products, cosines and Euclidean distances.
  var canBeIndexed: Bool { metric != .manhattan }

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

  func buildHelpBytes(rows: Int, lists: Int?) -> Int {
    IVFFlatIndex.helpBytes(rows: rows, dimension: size, lists: lists)
  }

  func buildIndex(
    over view: any FieldView, _ visibility: VisibilityView, lists: Int?, help: (any BuildHelp)?,
    shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> any VectorFieldIndex {
    let index = try IVFFlatIndex.build(
      metric: metric, parameters: IVFParameters(listCount: lists),
      rows: DenseFieldView.rows(of: view), visibility: visibility, help: help,
      shouldContinue: shouldContinue)
    return DenseIndex(index, queries)
  }

  func loadIndex(
    lists: Int?, reading: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> any VectorFieldIndex {
    let index = try IVFFlatIndex(
      metric: metric, dimension: size, parameters: IVFParameters(listCount: lists),
      reading: reading)
    return DenseIndex(index, queries)
  }
}

extension VectorValue {
  /// The elements of what must be a dense vector.
  var denseValues: [Float] {
    guard case .dense(let values) = self else { preconditionFailure("a vector of another kind") }
    return values
  }
}
