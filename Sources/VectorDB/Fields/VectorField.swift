import PointModel
import VectorIndex

/// What a collection has under a vector's name: the rows in memory, their index, and all that is
/// done with them. Nothing outside knows what a vector of this field is made of.
///
/// There is a class for each kind of vector, made by ``VectorKind/field(named:number:)``. Readers
/// never touch it: they hold its ``view()``.
///
/// One writer, many readers, by the protocol of ``DenseColumn``: rows are placed before the commit
/// that shows them is published, and readers hold views.
protocol VectorField: AnyObject, Sendable {
  /// The vector's name; empty for the unnamed one.
  var name: String { get }
  /// Its number in keys.
  var number: UInt16 { get }
  /// How two vectors are compared, and what scores clients see.
  var distance: Distance { get }
  /// How vectors are kept in the store.
  var format: any VectorFormat { get }
  /// The index that searches use, if there is one.
  var indexSlot: IndexSlot { get }

  /// Takes on what a change of the configuration says of it.
  func configure(_ config: CollectionConfig)

  /// What is there now, for a reader: cheap, and taken together with the number of a commit.
  func view() -> any FieldView

  // MARK: Values

  /// A vector as it is kept: of the right kind and shape, and normalised where the distance asks
  /// for that.
  ///
  /// - Parameter context: where it came from, for the error.
  /// - Throws: ``CollectionError`` for a vector of another kind or shape.
  func prepared(
    _ value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) -> VectorValue

  /// Whether rows can be searched with a vector, which may be of another kind than they are. Its
  /// numbers have to be finite.
  ///
  /// - Parameter context: where it came from, for the error.
  /// - Throws: ``CollectionError`` if they can't.
  func check(query value: VectorValue, context: @autoclosure () -> String) throws(CollectionError)

  /// A vector that passed ``check(query:context:)``, or one of a row, as ``FieldView`` takes it.
  func prepared(query value: VectorValue) -> VectorValue

  // MARK: Rows

  /// Rows of a chunk of memory, a power of two: chunk `i` begins with offset `i * rowsPerChunk`.
  var rowsPerChunk: Int { get }
  /// What the first row of a chunk takes beside itself: tables of the chunk, and the rest of a
  /// page.
  var chunkBytes: Int { get }
  /// Bytes of a row in memory; about, where they differ.
  var rowBytes: Int { get }
  /// What a row takes in memory in the end: less than ``rowBytes`` where rows stay on disk.
  var keptRowBytes: Int { get }
  /// Files of rows beside the store, in bytes.
  var fileBytes: Int { get }
  /// Whether more rows are in memory than are to be there, of those that stay on disk.
  func hasTooManyInMemory(_ limits: Limits) -> Bool
  /// Memory reserved for rows, in bytes.
  var residentBytes: Int { get }

  /// What the rows below `rowCount` take in memory.
  func memory(rowCount: UInt32) -> FieldMemory

  /// The vectors that live rows have; rows may lack one.
  var liveVectors: LiveVectors { get }

  /// What the vectors of so many live rows, which are all that have one, take in the store; about.
  func storedBytes(live rows: Int) -> Int

  /// What a new row takes in memory that has this vector, or none: no less than it will be.
  func growth(of value: VectorValue?) -> Int

  /// Puts a prepared vector into the row at `offset`, which no reader sees yet. Writer only.
  func place(_ value: VectorValue, at offset: UInt32)

  /// Puts a stored vector, of the format, into the row at `offset`. Writer only.
  func place(stored bytes: UnsafeRawBufferPointer, at offset: UInt32)

  /// Notes that the row at `offset`, which may have no vector, dies with the commit that is about
  /// to be published: what is counted over live rows counts it no more. Readers of earlier commits
  /// go on seeing the row. Writer only, once a row.
  func rowDied(at offset: UInt32)

  /// Gives back the memory around `offset`, where all rows are dead. Writer only.
  func dropChunk(containing offset: UInt32)

  // MARK: Upkeep

  /// Rows below this are in lists that the field has made by itself, so that searches may miss
  /// some; 0 without such lists.
  var listedRows: UInt32 { get }

  /// Whether there will be such lists soon.
  var listsAreComing: Bool { get }

  /// How many of the rows below `rowCount` searches still score one by one that the field has yet
  /// to put in order by itself.
  func waitingRows(below rowCount: UInt32) -> Int

  /// One step (a fraction of a second) of putting rows in order behind the commits; the same
  /// answers are found before and after. One thread at a time.
  ///
  /// - Returns: whether there may be more to do.
  func upkeep(
    _ view: any FieldView, _ visibility: VisibilityView, shouldStop: () -> Bool
  ) -> Bool

  /// Passes what ``loadLists(reading:)`` reads, piece by piece.
  ///
  /// - Returns: as ``listedRows`` was then.
  func serializeLists(to sink: (UnsafeRawBufferPointer) throws -> Void) throws -> UInt32

  /// Reads saved lists, before the field has readers. Blocking.
  ///
  /// - Parameter accepting: called with the rows in them once all is read; has them left alone if
  ///   it throws.
  /// - Returns: as ``listedRows`` is now.
  func loadLists(
    reading: (UnsafeMutableRawBufferPointer) throws -> Void,
    accepting: (UInt32) throws -> Void
  ) throws -> UInt32

  // MARK: Index

  /// Whether there can be an index.
  var canBeIndexed: Bool { get }

  /// Memory of an index of so many rows, by the formula of <doc:Memory>, in bytes.
  func indexBytes(rows: Int) -> Int

  /// Memory of a thread that helps to build one of so many rows, in bytes.
  func buildHelpBytes(rows: Int, lists: Int?) -> Int

  /// Trains an index on the visible rows of `view`, which is one of this field's, and enters them.
  /// Takes seconds to minutes; blocking.
  ///
  /// - Parameters:
  ///   - lists: the configured number of lists.
  ///   - help: who does a part of the work; `nil` for nobody.
  ///   - shouldContinue: called every few milliseconds with the share that is done, 0…1.
  /// - Throws: `BuildInterrupted` after `shouldContinue` returned false.
  func buildIndex(
    over view: any FieldView, _ visibility: VisibilityView, lists: Int?, help: (any BuildHelp)?,
    shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> any VectorFieldIndex

  /// Reads a saved index. Blocking.
  func loadIndex(
    lists: Int?, reading: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> any VectorFieldIndex
}

/// What the rows of a field take in memory, in bytes.
struct FieldMemory {
  /// The vectors.
  var rows = 0
  /// The bits that tell which rows have one.
  var presence = 0
  /// How many rows that is, with those that have no vector or are dead.
  var keptRows = 0
}

extension VectorField {
  /// What the vectors of the live rows take in the store; about.
  var storedBytes: Int { storedBytes(live: liveVectors.count) }

  /// Rows below this are in the index, or in lists that the field has made by itself.
  var coveredRows: UInt32 { indexSlot.index?.coveredRows ?? listedRows }
}

/// What every field does.
extension VectorField {
  /// This field, with values at 0, 1, 2 … as they are. Only for a field that nobody reads yet.
  func placing(_ values: [VectorValue?]) -> Self {
    for (place, value) in values.enumerated() {
      if let value { self.place(value, at: UInt32(place)) }
    }
    return self
  }

  func prepared(
    _ value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) -> VectorValue {
    try check(query: value, context: context())
    return prepared(query: value)
  }

  /// Refuses what JSON can't say and other transports can: it would be found nowhere, and no
  /// snapshot or log would take it.
  func checkNumbers(
    of value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) {
    if value.isFinite { return }
    let context = context()
    throw .wrongInput(
      "Vectors hold finite numbers only" + (context.isEmpty ? "" : " (\(context))"))
  }
}

/// What a field does whose rows are all of one size and are never indexed.
extension VectorField {
  func storedBytes(live rows: Int) -> Int { rows * format.storedBytes }
  func growth(of value: VectorValue?) -> Int { rowBytes }
  var keptRowBytes: Int { rowBytes }
  var fileBytes: Int { 0 }
  func hasTooManyInMemory(_ limits: Limits) -> Bool { false }
  func configure(_ config: CollectionConfig) {}

  var listedRows: UInt32 { 0 }
  var listsAreComing: Bool { false }
  func waitingRows(below rowCount: UInt32) -> Int { 0 }
  func upkeep(
    _ view: any FieldView, _ visibility: VisibilityView, shouldStop: () -> Bool
  ) -> Bool { false }
  func serializeLists(to sink: (UnsafeRawBufferPointer) throws -> Void) throws -> UInt32 { 0 }
  func loadLists(
    reading: (UnsafeMutableRawBufferPointer) throws -> Void,
    accepting: (UInt32) throws -> Void
  ) throws -> UInt32 {
    throw DamagedIndex(reason: "vectors of its kind have no lists of their own")
  }

  var canBeIndexed: Bool { false }
  func indexBytes(rows: Int) -> Int { 0 }
  func buildHelpBytes(rows: Int, lists: Int?) -> Int { 0 }

  func buildIndex(
    over view: any FieldView, _ visibility: VisibilityView, lists: Int?, help: (any BuildHelp)?,
    shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> any VectorFieldIndex { throw BuildInterrupted() }

  func loadIndex(
    lists: Int?, reading: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> any VectorFieldIndex {
    throw DamagedIndex(reason: "vectors of its kind have no index")
  }
}
