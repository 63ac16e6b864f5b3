/// Reads rows of a column as floats, in the form in which lists are made of them: as they are kept
/// and, where cosines are compared, normalised. Used by one thread.
///
/// Rows of floats are read where they are; others, and those of files, into memory of the reader,
/// which the next read writes over.
final class RowReader {
  private let view: DenseColumnView
  private let isInPlace: Bool
  private let normalizes: Bool
  /// Rows that can be read at once.
  private let batch: Int
  /// A row of its own behind those of a batch.
  private let floats: UnsafeMutablePointer<Float>
  private let addresses: UnsafeMutablePointer<UnsafePointer<Float>>
  /// Rows of files on their way.
  private let block: FiledBlock?

  init(_ view: DenseColumnView, metric: Metric, batch: Int) {
    self.view = view
    self.batch = batch
    normalizes = metric == .cosine
    isInPlace = view.element == .float32 && metric != .cosine && !view.hasFiles
    floats = .allocate(capacity: isInPlace ? 1 : (batch + 1) * view.dimension)
    addresses = .allocate(capacity: batch)
    block = view.hasFiles ? FiledBlock(view, rowCount: Self.filedBatch) : nil
  }

  /// Rows of files that are read together.
  private static let filedBatch = 64

  deinit {
    floats.deallocate()
    addresses.deallocate()
  }

  /// Floats a row.
  var dimension: Int { view.dimension }

  /// The row at `offset`, valid until the next one is asked for; `nil` if there is none.
  func row(_ offset: UInt32) -> UnsafePointer<Float>? { read(offset, into: batch) }

  /// Calls `body` with the row at `offset`, if there is one.
  func withRow<R>(_ offset: UInt32, _ body: (UnsafeBufferPointer<Float>) -> R) -> R? {
    row(offset).map { body(UnsafeBufferPointer(start: $0, count: dimension)) }
  }

  /// The rows at `offsets`, all of which are there, at most a batch of them: valid until the next
  /// ones are asked for.
  func rows(_ offsets: ArraySlice<UInt32>) -> UnsafeBufferPointer<UnsafePointer<Float>> {
    precondition(offsets.count <= batch, "more rows than a batch holds")
    if let block { return rows(offsets, through: block) }
    for (index, offset) in offsets.enumerated() {
      guard let row = read(offset, into: index) else {
        preconditionFailure("a row without its vector")
      }
      (addresses + index).initialize(to: row)
    }
    return UnsafeBufferPointer(start: addresses, count: offsets.count)
  }

  private func rows(
    _ offsets: ArraySlice<UInt32>, through block: FiledBlock
  ) -> UnsafeBufferPointer<UnsafePointer<Float>> {
    offsets.withUnsafeBufferPointer { offsets in
      for start in stride(from: 0, to: offsets.count, by: Self.filedBatch) {
        let end = min(offsets.count, start + Self.filedBatch)
        block.fill(UnsafeBufferPointer(rebasing: offsets[start..<end]), keeps: false)
        for (index, address) in block.addresses.enumerated() {
          (addresses + start + index).initialize(to: decode(address, into: start + index))
        }
      }
    }
    return UnsafeBufferPointer(start: addresses, count: offsets.count)
  }

  private func read(_ offset: UInt32, into place: Int) -> UnsafePointer<Float>? {
    if let block {
      guard view.contains(offset) else { return nil }
      withUnsafePointer(to: offset) {
        block.fill(UnsafeBufferPointer(start: $0, count: 1), keeps: false)
      }
      return decode(block.addresses[0], into: place)
    }
    guard let address = view.address(of: offset) else { return nil }
    if isInPlace { return address.assumingMemoryBound(to: Float.self) }
    return decode(address, into: place)
  }

  private func decode(_ address: UnsafeRawPointer, into place: Int) -> UnsafePointer<Float> {
    let row = UnsafeMutableBufferPointer(start: floats + place * dimension, count: dimension)
    view.codec.decode(address, into: row)
    if normalizes { VectorMath.normalize(row) }
    return UnsafePointer(floats + place * dimension)
  }
}
