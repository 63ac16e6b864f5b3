/// Turns rows into entries: which lists they belong to, and their codes there.
///
/// Used by one thread; holds scratch for a batch of rows.
final class RowEncoder {
  /// Rows that are assigned together at most.
  static let batch = 2_048

  private let quantizer: CoarseQuantizer
  private let assignment: ListAssignment
  private let rotated: UnsafeMutablePointer<Float>
  let primary: UnsafeMutablePointer<UInt32>
  let secondary: UnsafeMutablePointer<UInt32>

  /// Rows to be assigned together: those near one group of centroids share a look at them.
  static func batch(for quantizer: CoarseQuantizer) -> Int {
    quantizer.groups == nil ? 256 : batch
  }

  var batch: Int { Self.batch(for: quantizer) }

  init(_ quantizer: CoarseQuantizer, assignsTwice: Bool) {
    self.quantizer = quantizer
    self.assignment = ListAssignment(
      quantizer.centroids, groups: quantizer.groups, assignsTwice: assignsTwice)
    rotated = .allocate(capacity: quantizer.layout.codeDimension)
    primary = .allocate(capacity: Self.batch)
    secondary = .allocate(capacity: Self.batch)
  }

  deinit {
    rotated.deallocate()
    primary.deallocate()
    secondary.deallocate()
  }

  /// Finds the lists of at most ``batch`` rows: ``primary``, and ``secondary``, which is
  /// ``CodeLayout/noRow`` where there is no second list.
  func assign(_ rows: UnsafeBufferPointer<UnsafePointer<Float>>) {
    precondition(rows.count <= Self.batch, "more rows than a batch holds")
    assignment.assign(rows, primary: primary, secondary: secondary)
  }

  /// Makes `row` the one that ``write(list:into:entry:)`` encodes.
  func rotate(_ row: UnsafePointer<Float>) {
    quantizer.rotation.apply(row, into: rotated)
  }

  /// Writes the rotated row's entry for `list` into the place `index` of a run.
  func write(list: UInt32, row: UInt32, into run: ListRun, at index: Int) {
    let (block, entry) = index.quotientAndRemainder(dividingBy: CodeLayout.entriesPerBlock)
    write(list: list, into: run.block(block), entry: entry)
    run.rows[index] = row
  }

  /// Writes the rotated row's entry for `list`.
  func write(list: UInt32, into block: UnsafeMutablePointer<UInt8>, entry: Int) {
    CodeKernels.encode(
      quantizer.metric, rotated: rotated, centroid: quantizer.rotatedCentroid(Int(list)),
      layout: quantizer.layout, block: block, entry: entry)
  }
}
