/// Those entries of a list that stay when it is written anew.
struct KeptEntries {
  private let list: InvertedList
  private var places: [(part: Int, entry: Int)] = []

  init(of list: InvertedList, where isKept: (UInt32) -> Bool) {
    self.list = list
    places.reserveCapacity(list.entryCount)
    for (number, part) in list.parts.enumerated() {
      let rows = part.rows
      for entry in 0..<part.count * CodeLayout.entriesPerBlock
      where rows[entry] != CodeLayout.noRow && isKept(rows[entry]) {
        places.append((number, entry))
      }
    }
  }

  /// Bytes that they take.
  func byteCount(_ layout: CodeLayout) -> Int {
    ListRun.byteCount(capacity: CodeLayout.blocks(for: places.count), layout: layout)
  }

  /// Lists of nothing else, each in one piece and side by side.
  static func packed(_ lists: [KeptEntries], _ layout: CodeLayout) -> [InvertedList] {
    let runs = ListAllocation.runs(for: lists.map(\.places.count), layout: layout)
    return zip(lists, runs).map { kept, run in
      guard let run else { return InvertedList() }
      kept.copy(to: run, layout)
      return InvertedList(runs: [run], entryCount: kept.places.count)
    }
  }

  private func copy(to run: ListRun, _ layout: CodeLayout) {
    let parts = list.parts
    for (index, source) in places.enumerated() {
      let (block, place) = index.quotientAndRemainder(dividingBy: CodeLayout.entriesPerBlock)
      let from = source.entry.quotientAndRemainder(dividingBy: CodeLayout.entriesPerBlock)
      let part = parts[source.part]
      layout.copy(
        from.remainder, of: UnsafePointer(part.block(from.quotient)), to: place,
        of: run.block(block))
      run.rows[index] = part.rows[source.entry]
    }
  }
}
