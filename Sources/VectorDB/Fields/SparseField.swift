import PointModel
import RowSets
import Synchronization
import VectorIndex

/// Sparse vectors: rows of weights by index, and an inverted index that is made behind the commits.
/// Searches are exact for the weights that rows have in memory, which the datatype may round; the
/// store has them as they came.
final class SparseField: VectorField {
  let name: String
  let number: UInt16
  let indexSlot = IndexSlot()
  let liveVectors = LiveVectors()
  private let column: SparseColumn
  private let index = SparseIndex()
  private let usesRarity: Atomic<Bool>

  /// An empty field.
  init(name: String, _ params: SparseVectorParams, number: UInt16) {
    self.name = name
    self.number = number
    column = SparseColumn(keeping: ElementType(params.datatype))
    usesRarity = Atomic(params.modifier == .idf)
  }

  var distance: Distance { .dot }
  var format: any VectorFormat { SparseFormat() }

  func view() -> any FieldView {
    SparseFieldView(
      self, rows: column.view(), index: index.view(),
      usesRarity: usesRarity.load(ordering: .relaxed))
  }

  func configure(_ config: CollectionConfig) {
    guard let params = config.sparseVector(named: name) else { return }
    usesRarity.store(params.modifier == .idf, ordering: .relaxed)
    column.element = ElementType(params.datatype)
  }

  // MARK: Values

  func check(
    query value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) {
    guard case .sparse = value else {
      throw .wrongInput("Conversion between sparse and regular vectors failed")
    }
    try checkNumbers(of: value, context: context())
  }

  /// Indices are kept ascending, and given back so.
  func prepared(query value: VectorValue) -> VectorValue { .sparse(value.sparseVector.sorted()) }

  // MARK: Rows

  var rowsPerChunk: Int { SparseColumn.rowsPerChunk }
  var chunkBytes: Int { SparseColumn.firstRowBytes }
  var residentBytes: Int { column.residentBytes + index.residentBytes }

  /// Of a row of average length.
  var rowBytes: Int {
    let rows = max(1, column.writtenRows)
    return max(Self.leastRowBytes, residentBytes / rows)
  }

  /// Where few rows say nothing of what is to come.
  private static let leastRowBytes = 64

  func memory(rowCount: UInt32) -> FieldMemory {
    let (rows, tables) = column.memory
    return FieldMemory(
      rows: rows + index.residentBytes, presence: tables, keptRows: column.keptRows(below: rowCount)
    )
  }

  func storedBytes(live rows: Int) -> Int {
    if column.writtenElements == 0 { return 0 }
    return rows
      * SparseFormat.storedBytes(elements: column.writtenElements / max(1, column.writtenRows))
  }

  func growth(of value: VectorValue?) -> Int {
    // The place of the row, its elements, and what the index adds to each.
    guard case .sparse(let vector)? = value else { return 8 }
    let count = vector.indices.count
    return 8 + column.greatestRowBytes(elements: count) + 8 * count
  }

  func place(_ value: VectorValue, at offset: UInt32) {
    let vector = value.sparseVector
    vector.indices.withUnsafeBufferPointer { indices in
      vector.values.withUnsafeBufferPointer { weights in
        column.write(indices: indices, weights: weights, at: offset)
      }
    }
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

  // MARK: Upkeep

  func waitingRows(below rowCount: UInt32) -> Int {
    max(0, Int(rowCount) - Int(index.view().end))
  }

  func upkeep(
    _ view: any FieldView, _ visibility: VisibilityView, shouldStop: () -> Bool
  ) -> Bool {
    guard let view = view as? SparseFieldView else { preconditionFailure("another field's view") }
    return index.update(column: view.rows, visibility: visibility, shouldStop: shouldStop)
  }
}
