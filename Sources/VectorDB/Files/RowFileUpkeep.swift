import Logging
import PointModel
import Synchronization
import VectorIndex

/// What moves the vectors of a field between memory and files, step by step, behind the commits.
/// Used on the indexer's thread only. Blocking.
struct RowFileUpkeep {
  private let collection: PointCollection
  private let field: DenseField
  private let view: DenseColumnView
  private let visibility: VisibilityView
  private let shouldStop: () -> Bool

  private var folder: RowFileFolder { collection.core.rowFiles }

  /// Files of one vector, beyond which they are put together though there is no index yet.
  private static let filesMax = 64
  /// The share of dead rows from which on a file is written anew.
  private static let deadShareMax = 0.25

  init(
    _ collection: PointCollection, _ field: DenseField, _ view: any FieldView,
    _ visibility: VisibilityView, shouldStop: @escaping () -> Bool
  ) {
    self.collection = collection
    self.field = field
    self.view = DenseFieldView.rows(of: view)
    self.visibility = visibility
    self.shouldStop = shouldStop
  }

  /// Does the next thing that is due.
  ///
  /// - Returns: whether anything changed that readers should be shown.
  func step() throws -> Bool {
    guard field.isOnDisk else { return try moveIn() }
    if try moveOut() { return true }
    let files = field.files
    if let damaged = files.first(where: \.isDamaged) {
      try rewrite([damaged])
      return true
    }
    if let group = groupToMerge(files) {
      try rewrite(group)
      return true
    }
    if field.takeDeadRowsCheck(collection.rowCounts.dead, live: collection.rowCounts.live),
      let file = files.first(where: { deadShare(of: $0) > Self.deadShareMax })
    {
      try rewrite([file])
      return true
    }
    return false
  }

  // MARK: Into files

  /// Has a file take the place of rows in memory, if those are too many.
  ///
  /// While a file is written, the tails of all collections are entered, which asks for this as
  /// well: the rows that are under way are still in memory then, and would go into a second file.
  func moveOut() throws(RowFileError) -> Bool {
    let committed = visibility.committedRowCount()
    guard !field.isMovingOut.load(ordering: .relaxed),
      field.hasTooManyInMemory(collection.core.options.limits),
      let rows = field.movableRows(below: committed)
    else { return false }
    field.isMovingOut.store(true, ordering: .relaxed)
    defer { field.isMovingOut.store(false, ordering: .relaxed) }
    try write(rows, replacing: [])
    return true
  }

  /// Files to be put together, side by side: all of them once there is an index whose order they
  /// are not in, else those of which the later has grown to half of the one before.
  private func groupToMerge(_ files: [RowFile]) -> [RowFile]? {
    let index = field.indexSlot.index as? DenseIndex
    if index == nil, files.count <= Self.filesMax, field.canBeIndexed { return nil }
    if let covered = index?.coveredRows {
      let unordered = files.filter {
        !$0.header.isInListOrder && $0.header.rows.upperBound <= covered
      }
      if let run = Self.adjacent(unordered) { return run }
    }
    for (earlier, later) in zip(files, files.dropFirst()).reversed()
    where earlier.header.rows.upperBound == later.header.rows.lowerBound
      && 2 * later.header.count >= earlier.header.count
    {
      return [earlier, later]
    }
    return nil
  }

  /// The first files of `files` that lie side by side.
  private static func adjacent(_ files: [RowFile]) -> [RowFile]? {
    guard var last = files.first else { return nil }
    var run = [last]
    for file in files.dropFirst() {
      guard file.header.rows.lowerBound == last.header.rows.upperBound else { break }
      run.append(file)
      last = file
    }
    return run
  }

  private func deadShare(of file: RowFile) -> Double {
    var dead = 0
    file.forEachRow { if !visibility.isVisible($0) { dead += 1 } }
    return Double(dead) / Double(max(1, file.header.count))
  }

  private func rewrite(_ files: [RowFile]) throws(RowFileError) {
    guard let first = files.first, let last = files.last else { return }
    try write(first.header.rows.lowerBound..<last.header.rows.upperBound, replacing: files)
  }

  /// Writes the live rows of a range, and has the file take the place of what there was.
  private func write(_ rows: Range<UInt32>, replacing old: [RowFile]) throws(RowFileError) {
    let index = (field.indexSlot.index as? DenseIndex).flatMap {
      $0.coveredRows >= rows.upperBound ? $0.lists : nil
    }
    let isWanted = { visibility.isVisible($0) && view.contains($0) }
    let offsets = index?.order(rows, where: isWanted) ?? rows.filter(isWanted)
    let file = try folder.write(
      offsets, of: rows, isInListOrder: index != nil, from: view, collection: collection.number,
      vector: field.number, shouldStop: shouldStop)
    field.install(file, replacing: old, reads: folder.reads)
    folder.remove(old.map(\.path).filter { $0 != file.path })
  }

  // MARK: Back into memory

  private func moveIn() throws(CollectionError) -> Bool {
    guard let file = field.files.last else { return false }
    let lease = try collection.core.memory.lease(
      file.header.rows.count * field.rowBytes, for: .vectorsInMemory)
    guard field.restore(file, in: view, visibility, shouldStop: shouldStop) else {
      lease.abandon()
      return false
    }
    lease.release()
    folder.remove([file.path])
    return true
  }
}
