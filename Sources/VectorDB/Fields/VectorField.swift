import PointModel
import VectorIndex

/// What a collection has under a vector's name: the rows in memory, their index, and all that is
/// done with them. Nothing outside knows what a vector of this field is made of.
///
/// One writer, many readers, by the protocol of ``DenseColumn``: rows are placed before the commit
/// that shows them is published, and readers hold views.
protocol VectorField: AnyObject, Sendable {
  /// The vector's name; empty for the unnamed one.
  var name: String { get }
  /// Its number in keys.
  var number: UInt16 { get }
  /// Where it stands in the collection's list.
  var position: Int { get }
  /// How two vectors are compared, and what scores clients see.
  var distance: Distance { get }
  /// How vectors are kept in the store.
  var format: any VectorFormat { get }
  /// The index that searches use, if there is one.
  var indexSlot: IndexSlot { get }

  // MARK: Values

  /// A vector as it is kept: of the right kind and shape, and normalised where the distance asks
  /// for that.
  ///
  /// - Parameter context: where it came from, for the error.
  /// - Throws: ``CollectionError`` for a vector of another kind or shape.
  func prepared(
    _ value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) -> VectorValue

  // MARK: Rows

  /// Rows of a chunk of memory, a power of two: chunk `i` begins with offset `i * rowsPerChunk`.
  var rowsPerChunk: Int { get }
  /// Bytes of a row in memory; about, where they differ.
  var rowBytes: Int { get }
  /// Memory reserved for rows, in bytes.
  var residentBytes: Int { get }

  /// What the rows below `rowCount` take in memory, in bytes, and the bits that tell which of them
  /// are there.
  func memory(rowCount: UInt32) -> (rows: Int, presence: Int)

  /// Puts a prepared vector into the row at `offset`, which no reader sees yet. Writer only.
  func place(_ value: VectorValue, at offset: UInt32)

  /// Puts a stored vector, of the format, into the row at `offset`. Writer only.
  func place(stored bytes: UnsafeRawBufferPointer, at offset: UInt32)

  /// Gives back the memory around `offset`, where all rows are dead. Writer only.
  func dropChunk(containing offset: UInt32)

  // MARK: Index

  /// Whether there can be an index.
  var canBeIndexed: Bool { get }

  /// Memory of an index of so many rows, by the formula of <doc:Memory>, in bytes.
  func indexBytes(rows: Int) -> Int

  /// Reads a saved index. Blocking.
  func loadIndex(
    _ parameters: IVFParameters, reading: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> IVFFlatIndex
}
