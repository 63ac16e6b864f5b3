/// Makes the next version of a list by adding entries at its end.
///
/// Complete blocks are shared with the version before; the last, incomplete one is copied, so that
/// readers of either never see a block change.
struct ListAppender {
  private let layout: CodeLayout
  private var runs: [ListRun]
  private var tail: ListRun?
  private var tailCount: Int
  private var entryCount: Int

  init(_ list: InvertedList, layout: CodeLayout) {
    self.layout = layout
    runs = list.runs
    entryCount = list.entryCount
    tailCount = 0
    if let old = list.tail {
      let copy = Self.emptyBlock(layout)
      copy.blocks.update(from: old.blocks, count: layout.blockBytes)
      copy.rows.update(from: old.rows, count: CodeLayout.entriesPerBlock)
      tail = copy
      tailCount = list.tailCount
    }
  }

  /// Adds an entry for `row`, whose code `encode` writes into the given place of a block.
  mutating func append(
    _ row: UInt32, _ encode: (_ block: UnsafeMutablePointer<UInt8>, _ entry: Int) -> Void
  ) {
    let block = tail ?? Self.emptyBlock(layout)
    encode(block.blocks, tailCount)
    block.rows[tailCount] = row
    tail = block
    tailCount += 1
    entryCount += 1
    if tailCount == CodeLayout.entriesPerBlock { closeTail(block) }
  }

  /// The new version.
  func finish() -> InvertedList {
    InvertedList(runs: runs, tail: tail, tailCount: tailCount, entryCount: entryCount)
  }

  private mutating func closeTail(_ block: ListRun) {
    if runs.last.map({ $0.count == $0.capacity }) ?? true {
      let blocks = runs.reduce(0) { $0 + $1.count }
      runs.append(ListRun(capacity: min(max(blocks / 8, 2), 64), layout: layout))
    }
    let last = runs.count - 1
    let number = runs[last].count
    runs[last].block(number).update(from: block.blocks, count: layout.blockBytes)
    (runs[last].rows + number * CodeLayout.entriesPerBlock).update(
      from: block.rows, count: CodeLayout.entriesPerBlock)
    runs[last].count += 1
    tail = nil
    tailCount = 0
  }

  private static func emptyBlock(_ layout: CodeLayout) -> ListRun {
    var run = ListRun(capacity: 1, layout: layout)
    run.clear(0, layout: layout)
    run.count = 1
    return run
  }
}

extension ListRun {
  /// Fills a block with entries that stand for no row.
  func clear(_ number: Int, layout: CodeLayout) {
    CodeKernels.clear(block: block(number), layout: layout)
    (rows + number * CodeLayout.entriesPerBlock).update(
      repeating: CodeLayout.noRow, count: CodeLayout.entriesPerBlock)
  }
}
