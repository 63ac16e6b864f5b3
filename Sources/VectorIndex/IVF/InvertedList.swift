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
    KeptEntries.packed([KeptEntries(of: self, where: isKept)], layout)[0]
  }
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
