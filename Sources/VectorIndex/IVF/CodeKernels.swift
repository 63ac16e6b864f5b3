import CVectorKernels

/// The kernels for codes; see CVectorCodes.h.
enum CodeKernels {
  /// Fills a lookup table of `layout.tableBytes`; see ``CodeTable``.
  static func buildTable(
    _ rotated: UnsafePointer<Float>, layout: CodeLayout, into table: UnsafeMutablePointer<UInt8>
  ) -> vk_table_scale {
    vk_build_table(rotated, layout.codeDimension, table)
  }

  /// Makes every entry of a block unreachable.
  static func clear(block: UnsafeMutablePointer<UInt8>, layout: CodeLayout) {
    vk_clear_block(block, layout.codeDimension)
  }

  /// Writes entry `entry` of a block for a row, both rotated.
  static func encode(
    _ metric: Metric, rotated: UnsafePointer<Float>, centroid: UnsafePointer<Float>,
    layout: CodeLayout, block: UnsafeMutablePointer<UInt8>, entry: Int
  ) {
    vk_encode(
      metric == .squaredEuclid ? VK_SQUARED_L2 : VK_DOT, rotated, centroid, layout.codeDimension,
      block,
      entry)
  }

  /// Estimates every entry's distance.
  ///
  /// - Parameters:
  ///   - distance: what the centroid adds.
  ///   - distances: 16 floats a block.
  static func estimate(
    blocks: UnsafePointer<UInt8>, count: Int, table: CodeTable, distance: Float,
    into distances: UnsafeMutablePointer<Float>, using variant: KernelVariant = Kernels.active
  ) {
    var scan = vk_code_scan(
      table: table.bytes, dimension: table.layout.codeDimension, scale: table.scale,
      offset: distance, reach: 0, threshold: 0, rows: nil)
    vk_estimate_codes(variant.code, blocks, count, &scan, distances)
  }

  /// Lets through the entries whose lower bound is below `threshold`, and asks for their `rows`.
  ///
  /// - Returns: how many entries were written to `survivors`.
  static func scan(
    _ blocks: UnsafePointer<UInt8>, rows: UnsafePointer<UInt32>? = nil, count: Int,
    table: CodeTable, offset: Float, reach: Float, threshold: Float, into survivors: ScanScratch,
    using variant: KernelVariant = Kernels.active
  ) -> Int {
    var scan = vk_code_scan(
      table: table.bytes, dimension: table.layout.codeDimension, scale: table.scale,
      offset: offset, reach: reach, threshold: threshold, rows: rows)
    return vk_scan_codes(
      variant.code, blocks, count, &scan, survivors.entry, survivors.estimate, survivors.lower)
  }

  /// As the other scan, for entries of `allowed` rows only.
  ///
  /// - Parameter allowedCount: grows by the number of entries of such rows, near or not.
  /// - Returns: how many entries were written to `survivors`.
  static func scan(
    _ blocks: UnsafePointer<UInt8>, rows: UnsafePointer<UInt32>, among allowed: AllowedRows,
    count: Int, table: CodeTable, offset: Float, reach: Float, threshold: Float,
    into survivors: ScanScratch, allowedCount: inout Int,
    using variant: KernelVariant = Kernels.active
  ) -> Int {
    var scan = vk_code_scan(
      table: table.bytes, dimension: table.layout.codeDimension, scale: table.scale,
      offset: offset, reach: reach, threshold: threshold, rows: rows)
    var bits = vk_row_bits(words: allowed.words, row_count: allowed.rowCount)
    var found = 0
    defer { allowedCount += found }
    return vk_scan_allowed_codes(
      variant.code, blocks, count, &scan, &bits, survivors.entry, survivors.estimate,
      survivors.lower, &found)
  }

  /// Asks for the beginning of a list; of its row numbers only, if these tell what will be read.
  static func prefetch(_ head: ListHead, layout: CodeLayout, onlyRows: Bool) {
    let blocks = Int(head.blockCount)
    if onlyRows {
      vk_prefetch(head.rows, min(1024, CodeLayout.rowBytes * blocks))
    } else {
      vk_prefetch(head.blocks, min(1024, layout.blockBytes * blocks))
    }
  }
}

/// The rows that a filtered scan lets through, a bit each; see ``RowMask/withBits(_:)``.
struct AllowedRows {
  let words: UnsafePointer<UInt64>
  let rowCount: UInt32
}
