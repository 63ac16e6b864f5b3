/// The entries of one list at one moment. Never changed: adding entries makes a new version that
/// shares the complete blocks of the old one.
final class InvertedList: Sendable {
  /// Complete blocks. The last block of a run may have unused entries.
  let runs: [ListRun]
  /// A last block that is not full, in memory of its own because the next version copies it.
  let tail: ListRun?
  /// Entries in the tail.
  let tailCount: Int
  /// Entries with a row.
  let entryCount: Int

  init(runs: [ListRun] = [], tail: ListRun? = nil, tailCount: Int = 0, entryCount: Int = 0) {
    self.runs = runs
    self.tail = tail
    self.tailCount = tailCount
    self.entryCount = entryCount
  }

  /// What a search has to scan, in order.
  var parts: [ListRun] { tail.map { runs + [$0] } ?? runs }

  var blockCount: Int { parts.reduce(0) { $0 + $1.count } }

  /// Calls `body` with the offset of every entry.
  func forEachRow(_ body: (UInt32) -> Void) {
    for part in parts {
      let rows = part.rows
      for entry in 0..<part.count * CodeLayout.entriesPerBlock
      where rows[entry] != CodeLayout.noRow {
        body(rows[entry])
      }
    }
  }

  /// Entries whose rows are visible.
  func liveCount(_ visibility: VisibilityView) -> Int {
    var count = 0
    forEachRow { if visibility.isVisible($0) { count += 1 } }
    return count
  }

  /// The sum over all entries of the squared terms `B`, which are proportional to the distances
  /// from the centroid.
  func spread(_ layout: CodeLayout) -> Double {
    var sum = 0.0
    for part in parts {
      for block in 0..<part.count {
        let rows = part.rows + block * CodeLayout.entriesPerBlock
        for entry in 0..<CodeLayout.entriesPerBlock where rows[entry] != CodeLayout.noRow {
          let slope = Double(layout.slope(of: entry, in: UnsafePointer(part.block(block))))
          sum += slope * slope
        }
      }
    }
    return sum
  }

  /// Parts that a search scans one after the other.
  var partCount: Int { runs.count + (tail == nil ? 0 : 1) }

  /// The list without those entries that are not kept, in one piece.
  func keeping(_ layout: CodeLayout, where isKept: (UInt32) -> Bool) -> InvertedList {
    Self.packed([self], layout, where: isKept)[0]
  }

  /// Lists without those entries that are not kept, each in one piece and side by side.
  static func packed(
    _ lists: ArraySlice<InvertedList>, _ layout: CodeLayout, where isKept: (UInt32) -> Bool
  ) -> [InvertedList] {
    let kept = lists.map { $0.places(where: isKept) }
    let runs = ListAllocation.runs(for: kept.map(\.count), layout: layout)
    return zip(lists, zip(kept, runs)).map { list, target in
      guard let run = target.1 else { return InvertedList() }
      list.copy(target.0, to: run, layout)
      return InvertedList(runs: [run], entryCount: target.0.count)
    }
  }

  /// Where entries are that are kept, in order.
  private func places(where isKept: (UInt32) -> Bool) -> [EntryPlace] {
    var places: [EntryPlace] = []
    places.reserveCapacity(entryCount)
    for (number, part) in parts.enumerated() {
      let rows = part.rows
      for entry in 0..<part.count * CodeLayout.entriesPerBlock
      where rows[entry] != CodeLayout.noRow && isKept(rows[entry]) {
        places.append(EntryPlace(part: number, entry: entry))
      }
    }
    return places
  }

  private func copy(_ places: [EntryPlace], to run: ListRun, _ layout: CodeLayout) {
    let parts = parts
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

/// Where an entry is in a list: the part, and the entry in that.
private struct EntryPlace {
  let part: Int
  let entry: Int
}

/// Where the first blocks of a list are: what nearly every probe needs, side by side for all lists.
struct ListHead {
  var blocks: UnsafePointer<UInt8>?
  var rows: UnsafePointer<UInt32>?
  var tail: UnsafePointer<UInt8>?
  var tailRows: UnsafePointer<UInt32>?
  var blockCount: Int32 = 0
  /// Runs after the first.
  var moreRuns: Int32 = 0
  let entryCount: Int32

  init(_ list: InvertedList) {
    entryCount = Int32(list.entryCount)
    if let run = list.runs.first {
      blocks = UnsafePointer(run.blocks)
      rows = UnsafePointer(run.rows)
      blockCount = Int32(run.count)
      moreRuns = Int32(list.runs.count - 1)
    }
    if let run = list.tail {
      tail = UnsafePointer(run.blocks)
      tailRows = UnsafePointer(run.rows)
    }
  }
}
