/// Adds rows to the lists of a generation, which makes the next one.
struct RowInsertion {
  private let generation: IVFGeneration
  private let encoder: RowEncoder
  private var lists: [InvertedList]
  private var strays: [UInt32]

  init(_ generation: IVFGeneration, assignsTwice: Bool) {
    self.generation = generation
    self.encoder = RowEncoder(generation.quantizer, assignsTwice: assignsTwice)
    self.lists = generation.lists
    self.strays = generation.strays
  }

  /// Adds those of `offsets` that are visible and have a vector, and forgets strays that are dead.
  mutating func insert(
    _ offsets: Range<UInt32>, rows: DenseColumnView, visibility: VisibilityView
  ) {
    strays.removeAll { !visibility.isVisible($0) }
    let layout = generation.quantizer.layout
    let reader = RowReader(
      rows, metric: generation.quantizer.metric, batch: RowEncoder.batch)
    var batch: [UInt32] = []
    batch.reserveCapacity(RowEncoder.batch)
    visibility.forEachVisible(in: offsets) { offset in
      guard let row = reader.row(offset) else { return }
      guard layout.canEstimate(row) else { return strays.append(offset) }
      batch.append(offset)
      if batch.count == RowEncoder.batch {
        insert(batch, reader)
        batch.removeAll(keepingCapacity: true)
      }
    }
    insert(batch, reader)
  }

  /// What is published next.
  func finish(coveredRows: UInt32) -> IVFGeneration {
    IVFGeneration(
      quantizer: generation.quantizer, lists: lists, coveredRows: coveredRows,
      calibration: generation.calibration, strays: strays)
  }

  private mutating func insert(_ batch: [UInt32], _ reader: RowReader) {
    if batch.isEmpty { return }
    let rows = reader.rows(batch[...])
    encoder.assign(rows)
    // Entries of one list together, so that its version is made once.
    var entries: [(list: UInt32, index: Int)] = []
    entries.reserveCapacity(2 * batch.count)
    for index in batch.indices {
      entries.append((encoder.primary[index], index))
      if encoder.secondary[index] != CodeLayout.noRow {
        entries.append((encoder.secondary[index], index))
      }
    }
    entries.sort { ($0.list, $0.index) < ($1.list, $1.index) }
    withExtendedLifetime(reader) { append(entries, batch, rows) }
  }

  private mutating func append(
    _ entries: [(list: UInt32, index: Int)], _ batch: [UInt32],
    _ rows: UnsafeBufferPointer<UnsafePointer<Float>>
  ) {
    let layout = generation.quantizer.layout
    var position = 0
    while position < entries.count {
      let list = entries[position].list
      var appender = ListAppender(lists[Int(list)], layout: layout)
      while position < entries.count, entries[position].list == list {
        let index = entries[position].index
        encoder.rotate(rows[index])
        appender.append(batch[index]) { block, entry in
          encoder.write(list: list, into: block, entry: entry)
        }
        position += 1
      }
      lists[Int(list)] = appender.finish()
    }
  }
}
