extension IVFFlatIndex {
  /// Puts rows in the order of their lists, those of a list side by side: where a row has two
  /// entries, in that of the nearer centroid. Rows that are in no list come last.
  ///
  /// - Parameter rows: below it, and not below its lower bound, is what is put in order.
  /// - Parameter wanted: which of them are.
  public func order(_ rows: Range<UInt32>, where wanted: (UInt32) -> Bool) -> [UInt32] {
    let generation = view().generation
    var list = [UInt32](repeating: .max, count: rows.count)
    var slope = [Float](repeating: .infinity, count: rows.count)
    for (number, inverted) in generation.lists.enumerated() {
      for part in inverted.parts {
        for entry in 0..<part.count * CodeLayout.entriesPerBlock {
          let offset = part.rows[entry]
          guard rows.contains(offset) else { continue }
          let index = Int(offset - rows.lowerBound)
          let (block, place) = entry.quotientAndRemainder(dividingBy: CodeLayout.entriesPerBlock)
          // The error of an estimate grows with the distance to the centroid.
          let term = abs(
            generation.quantizer.layout.slope(of: place, in: UnsafePointer(part.block(block))))
          if term < slope[index] {
            slope[index] = term
            list[index] = UInt32(number)
          }
        }
      }
    }
    let kept = rows.filter(wanted)
    return kept.sorted {
      (list[Int($0 - rows.lowerBound)], $0) < (list[Int($1 - rows.lowerBound)], $1)
    }
  }
}
