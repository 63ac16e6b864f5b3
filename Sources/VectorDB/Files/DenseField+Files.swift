import PointModel
import Synchronization
import VectorIndex

/// Vectors that stay on disk: which of the rows are in files, and what that takes.
extension DenseField {
  /// In a file: its offset, its position, and the checksums of its pages.
  var keptRowBytes: Int { isOnDisk ? 8 + 4 * (1 + rowBytes / 4096) : rowBytes }

  func hasTooManyInMemory(_ limits: Limits) -> Bool {
    isOnDisk && residentBytes > limits.unfiledBytesMax
  }

  /// Whether writers have to wait until rows are in files.
  func holdsWritersUp(_ limits: Limits) -> Bool {
    guard isOnDisk, !cannotMove.load(ordering: .relaxed) else { return false }
    // A chunk that is not complete stays.
    return residentBytes > 4 * limits.unfiledBytesMax + 2 * rowsPerChunk * rowBytes
  }

  /// Whether so many more rows are dead that files are worth a look.
  func takeDeadRowsCheck(_ dead: Int, live: Int) -> Bool {
    let seen = deadRowsSeen.load(ordering: .relaxed)
    guard dead > seen + max(1000, live / 20) else { return false }
    deadRowsSeen.store(dead, ordering: .relaxed)
    return true
  }

  /// How rows are kept.
  var codec: RowCodec { column.codec }

  var fileBytes: Int { files.reduce(0) { $0 + $1.fileBytes } }

  /// The rows now.
  var columnView: DenseColumnView { column.view() }

  /// The files that rows are in.
  var files: [RowFile] { column.files }

  /// See ``DenseColumn/movableRows(below:)``.
  func movableRows(below rowCount: UInt32) -> Range<UInt32>? {
    column.movableRows(below: rowCount)
  }

  /// See ``DenseColumn/install(_:replacing:reads:)``.
  func install(_ file: RowFile, replacing old: [RowFile] = [], reads: PageReads) {
    column.install(file, replacing: old, reads: reads)
  }

  /// See ``DenseColumn/restore(_:in:_:shouldStop:)``.
  func restore(
    _ file: RowFile, in view: DenseColumnView, _ visibility: VisibilityView,
    shouldStop: () -> Bool
  ) -> Bool { column.restore(file, in: view, visibility, shouldStop: shouldStop) }

  /// Whether the row of a file is what the store has.
  func hasStored(_ offset: UInt32, in file: RowFile, reads: PageReads) -> Bool {
    file.matchesTruth(offset, reads: reads)
  }
}
