/// Puts the lists of a generation in one piece each, side by side, as those of an index that was
/// just built are: a search waits for memory at the beginning of every piece.
struct ListPacking {
  /// So many blocks for each part that a list has beyond its first are not worth packing: a search
  /// reads them in the time that it waits for a few parts.
  private static let blocksPerPart = 32
  /// Steps that all lists are packed in at most: each makes new heads for all of them.
  private static let stepsPerRound = 64

  private var cursor = 0

  /// Whether searches gain by it.
  static func isDue(_ generation: IVFGeneration) -> Bool {
    var (parts, blocks) = (0, 0)
    for list in generation.lists where list.entryCount > 0 {
      parts += list.partCount - 1
      blocks += list.blockCount
    }
    return parts * blocksPerPart > blocks
  }

  /// Packs the next lists, which lose their dead entries: as many as fill a piece of memory, or
  /// several where there are very many.
  ///
  /// - Returns: the next generation, and whether there are more lists.
  mutating func step(
    _ generation: IVFGeneration, rows: DenseColumnView, visibility: VisibilityView
  ) -> (changed: IVFGeneration, goesOn: Bool) {
    var lists = generation.lists
    let end = min(lists.count, cursor + max(1, lists.count / Self.stepsPerRound))
    repeat {
      cursor += packPiece(&lists, generation.quantizer.layout) {
        visibility.isVisible($0) && rows.contains($0)
      }
    } while cursor < end
    let changed = IVFGeneration(
      quantizer: generation.quantizer, lists: lists, coveredRows: generation.coveredRows,
      calibration: generation.calibration, strays: generation.strays)
    return (changed, cursor < lists.count)
  }

  /// - Returns: how many lists there are in the piece.
  private func packPiece(
    _ lists: inout [InvertedList], _ layout: CodeLayout, where isKept: (UInt32) -> Bool
  ) -> Int {
    var kept: [KeptEntries] = []
    var bytes = 0
    let first = min(cursor, lists.count)
    for list in lists[first...] {
      kept.append(KeptEntries(of: list, where: isKept))
      bytes += kept[kept.count - 1].byteCount(layout)
      // Smaller pieces are not in pages of their own.
      if bytes >= ListAllocation.pieceBytes { break }
    }
    lists.replaceSubrange(
      first..<first + kept.count, with: KeptEntries.packed(kept, layout))
    return kept.count
  }
}
