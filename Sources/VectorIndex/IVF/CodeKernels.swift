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

  /// Asks for the beginning of a list.
  static func prefetch(_ head: ListHead, layout: CodeLayout) {
    vk_prefetch(head.blocks, min(1024, layout.blockBytes * Int(head.blockCount)))
  }
}
