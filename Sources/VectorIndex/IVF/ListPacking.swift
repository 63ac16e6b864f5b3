/// Puts the lists of a generation in one piece each, side by side, as those of an index that was
/// just built are: a search waits for memory at the beginning of every piece.
struct ListPacking {
  /// Codes that one step copies, in bytes.
  private static let stepBytes = 2 << 20
  /// Where lists have more parts than so many on average, they are worth packing.
  private static let partsMax = 1.1

  private var cursor = 0

  /// Whether searches gain by it.
  static func isDue(_ generation: IVFGeneration) -> Bool {
    let parts = generation.lists.reduce(0) { $0 + $1.partCount }
    return Double(parts) > partsMax * Double(generation.lists.count)
  }

  /// Packs the next lists, which lose their dead entries.
  ///
  /// - Returns: the next generation, and whether there are more lists.
  mutating func step(
    _ generation: IVFGeneration, rows: DenseColumnView, visibility: VisibilityView
  ) -> (changed: IVFGeneration, goesOn: Bool) {
    let layout = generation.quantizer.layout
    let first = min(cursor, generation.lists.count)
    var bytes = 0
    while cursor < generation.lists.count, bytes < Self.stepBytes {
      bytes += generation.lists[cursor].blockCount * layout.blockBytes
      cursor += 1
    }
    var lists = generation.lists
    lists.replaceSubrange(
      first..<cursor,
      with: InvertedList.packed(generation.lists[first..<cursor], layout) {
        visibility.isVisible($0) && rows.contains($0)
      })
    let changed = IVFGeneration(
      quantizer: generation.quantizer, lists: lists, coveredRows: generation.coveredRows,
      calibration: generation.calibration, strays: generation.strays)
    return (changed, cursor < lists.count)
  }
}
