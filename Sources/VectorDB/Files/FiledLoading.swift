import Logging
import PointModel
import Storage
import Synchronization
import VectorIndex

/// Opens the files of a field whose vectors stay on disk, and reads from the store what they do not
/// stand for. Memory stays within bounds: what is more goes into new files. Blocking.
struct FiledLoading {
  private let collection: PointCollection
  private let field: DenseField
  private let folder: RowFileFolder
  private let shouldStop: () -> Bool
  private let rowCount: UInt32

  /// Rows of a file that are compared with the store.
  private static let sampleSize = 32

  init(_ collection: PointCollection, _ field: DenseField, shouldStop: @escaping () -> Bool) {
    self.collection = collection
    self.field = field
    self.shouldStop = shouldStop
    folder = collection.core.rowFiles
    rowCount = collection.state.withLock { $0.counters.nextOffset }
  }

  func run() throws {
    folder.begin(collection)
    var useless: [String] = []
    var end: UInt32 = 0
    for entry in folder.entries(collection.number, field.number) {
      guard entry.rows.lowerBound >= end, let file = opened(entry) else {
        useless.append(entry.path)
        continue
      }
      try load(end..<entry.rows.lowerBound)
      field.install(file, reads: folder.reads)
      end = entry.rows.upperBound
    }
    folder.remove(useless)
    countLive()
    try load(end..<max(end, rowCount))
  }

  /// The file, if it can be used.
  private func opened(_ entry: RowFileFolder.Entry) -> RowFile? {
    do throws(RowFileError) {
      return try open(entry)
    } catch {
      field.indexSlot.withState { $0.problem = "a file of vectors is made anew: \(error)" }
      return nil
    }
  }

  /// - Throws: ``RowFileError`` if the file is not one of these rows.
  private func open(_ entry: RowFileFolder.Entry) throws(RowFileError) -> RowFile {
    // Rows that were lost with an unsynced log may come back as others under the same offset.
    let file = try folder.open(
      entry.path, below: rowCount, collection: collection.number, vector: field.number)
    let header = file.header
    guard header.collection == collection.number, header.vector == field.number,
      header.rows == entry.rows, header.dimension == field.codec.dimension,
      header.element == field.codec.element
    else { throw .damaged("it is a file of something else") }
    let chunk = UInt32(field.rowsPerChunk)
    guard header.rows.lowerBound.isMultiple(of: chunk), header.rows.upperBound.isMultiple(of: chunk)
    else { throw .damaged("its rows are no whole chunks") }
    try compare(file)
    return file
  }

  /// Compares live rows, the latest among them, with what the store has.
  private func compare(_ file: RowFile) throws(RowFileError) {
    let visibility = collection.visibility.view(at: .max - 1, rowCount: rowCount)
    var live: [UInt32] = []
    file.forEachRow { if visibility.isVisible($0) { live.append($0) } }
    live.sort()
    let step = max(1, live.count / Self.sampleSize)
    let sample = stride(from: 0, to: live.count, by: step).map { live[$0] } + live.suffix(4)
    for offset in sample where !field.hasStored(offset, in: file, reads: folder.reads) {
      throw .damaged("its row \(offset) is not that of the store")
    }
  }

  private func countLive() {
    let visibility = collection.visibility.view(at: .max - 1, rowCount: rowCount)
    for file in field.files {
      var live = 0
      file.forEachRow { if visibility.isVisible($0) { live += 1 } }
      field.liveVectors.placed(live)
    }
  }

  /// Reads rows from the store.
  private func load(_ rows: Range<UInt32>) throws {
    if rows.isEmpty { return }
    let lower = KeyLayout.vector(collection.number, field.number, rows.lowerBound)
    let upper = KeyLayout.vector(collection.number, field.number, rows.upperBound)
    var iterator = try collection.core.store.scan(
      in: KeyLayout.vectors, from: lower, upTo: upper, fillCache: false)
    let format = field.format
    var count = 0
    // Where files can't be written, rows stay in memory.
    var canMove = true
    while try iterator.next() {
      guard let offset = iterator.key.readBigEndian(UInt32.self, at: 6), rows.contains(offset),
        format.fits(iterator.value)
      else {
        throw DatabaseError.damaged("a vector of `\(field.name)` has a wrong key or length")
      }
      field.place(stored: iterator.value, at: offset)
      count += 1
      if count.isMultiple(of: 4096), shouldStop() {
        throw DatabaseError.io("the database is being closed")
      }
      if canMove, field.hasTooManyInMemory(collection.core.options.limits) {
        canMove = moveOut(below: offset)
      }
    }
  }

  /// Has a file take the place of the chunks that are complete; whether that is possible.
  private func moveOut(below offset: UInt32) -> Bool {
    guard let rows = field.movableRows(below: offset) else { return true }
    let view = field.columnView
    let offsets = rows.filter { view.contains($0) }
    do throws(RowFileError) {
      let file = try folder.write(
        offsets, of: rows, isInListOrder: false, from: view, collection: collection.number,
        vector: field.number, shouldStop: shouldStop)
      field.install(file, reads: folder.reads)
      return true
    } catch {
      return false
    }
  }
}
