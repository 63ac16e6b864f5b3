import CVectorKernels

/// A query as a lookup table: the inner product of its rotated vector with any code.
///
/// Lies in memory of the search it is for.
struct CodeTable {
  let layout: CodeLayout
  /// `4·D` bytes: 16 sums for each group of four dimensions.
  let bytes: UnsafeMutablePointer<UInt8>
  let scale: vk_table_scale

  init(
    _ vector: [Float], rotation: Rotation, layout: CodeLayout, in buffer: ScratchBuffer<UInt8>
  ) {
    self.layout = layout
    let floatBytes = layout.codeDimension * MemoryLayout<Float>.stride
    bytes = buffer.room(for: layout.tableBytes + floatBytes)
    let rotated = UnsafeMutableRawPointer(bytes + layout.tableBytes)
      .bindMemory(to: Float.self, capacity: layout.codeDimension)
    vector.withUnsafeBufferPointer { vector in
      guard let first = vector.baseAddress else { return }
      rotation.apply(first, into: rotated)
    }
    scale = CodeKernels.buildTable(rotated, layout: layout, into: bytes)
  }

  /// The table of a vector that is rotated already, in memory for `layout.tableBytes`.
  init(rotated: UnsafePointer<Float>, layout: CodeLayout, in bytes: UnsafeMutablePointer<UInt8>) {
    self.layout = layout
    self.bytes = bytes
    scale = CodeKernels.buildTable(rotated, layout: layout, into: bytes)
  }
}

/// What one scan lets through, for the lane that takes it next. Not shared between threads.
final class ScanScratch {
  /// Blocks that one scan may look at.
  static let blocksMax = 32
  /// Positions in the scanned run.
  let entry: UnsafeMutablePointer<UInt32>
  let estimate: UnsafeMutablePointer<Float>
  let lower: UnsafeMutablePointer<Float>

  init() {
    // Kernels may write one vector past what they report.
    let room = (Self.blocksMax + 1) * CodeLayout.entriesPerBlock
    entry = .allocate(capacity: room)
    estimate = .allocate(capacity: room)
    lower = .allocate(capacity: room)
  }

  deinit {
    entry.deallocate()
    estimate.deallocate()
    lower.deallocate()
  }
}
