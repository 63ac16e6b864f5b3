import CVectorKernels

/// Makes a ``SparseSegment`` of the rows of a range: counts the rows of every term, then fills the
/// memory in their order.
struct SparseSegmentBuild {
  private let range: Range<UInt32>
  private let column: SparseColumnView
  private var offsets: [UInt32] = []
  private var table = SparseTermNumbers()
  private var documentCount = 0

  /// Rows of `range` that are visible, the segment of which is empty if there are none.
  ///
  /// - Parameter range: at most 65,536 offsets.
  /// - Returns: `nil` if there are no rows, or `shouldStop` returned true.
  static func segment(
    _ range: Range<UInt32>, column: SparseColumnView, visibility: VisibilityView,
    shouldStop: () -> Bool
  ) -> SparseSegment? {
    var build = SparseSegmentBuild(range: range, column: column)
    let recorded = visibility.recordedDeaths(in: range)
    let deaths = visibility.hasLaterDeaths(in: range) ? nil : recorded
    guard build.count(visibility, shouldStop: shouldStop), !build.offsets.isEmpty else {
      return nil
    }
    return build.filled(deaths: deaths, shouldStop: shouldStop)
  }

  private init(range: Range<UInt32>, column: SparseColumnView) {
    precondition(range.count <= SparseSegment.rowsMax, "too many rows for a segment")
    self.range = range
    self.column = column
  }

  private static let rowsBetweenStops = 256

  private mutating func count(_ visibility: VisibilityView, shouldStop: () -> Bool) -> Bool {
    offsets.reserveCapacity(range.count)
    visibility.forEachVisible(in: range) { offsets.append($0) }
    offsets.removeAll { !column.contains($0) }
    for (position, offset) in offsets.enumerated() {
      if position.isMultiple(of: Self.rowsBetweenStops), shouldStop() { return false }
      guard let row = column.row(at: offset) else { continue }
      if row.count > 0 { documentCount += 1 }
      for element in 0..<row.count {
        table.count(row.indices[element], weight: row.weight(element))
      }
    }
    return true
  }

  private func filled(deaths: Int?, shouldStop: () -> Bool) -> SparseSegment? {
    let order = table.sortedNumbers()
    let last = Int((offsets.last ?? range.lowerBound) - range.lowerBound)
    let storage = SparseSegmentStorage(
      keys: order.map { table.index(of: $0) }, counts: order.map { table.count(of: $0) },
      blockCount: last / 64 + 1)
    var negative: [Int: Float] = [:]
    // Where a term that was met as number so many has come to stand.
    var places = [UInt32](repeating: 0, count: order.count)
    for (place, number) in order.enumerated() {
      places[number] = UInt32(place)
      storage.terms[place].greatest = table.greatest(of: number)
      if table.least(of: number) < 0 { negative[place] = table.least(of: number) }
    }
    var filling = SparseSegmentFilling(storage)
    var next = 0
    for (position, offset) in offsets.enumerated() {
      if position.isMultiple(of: Self.rowsBetweenStops), shouldStop() {
        storage.deallocate()
        return nil
      }
      guard let row = column.row(at: offset) else { continue }
      let local = Int(offset - range.lowerBound)
      for element in 0..<row.count {
        let place = Int(places[Int(table.numbers[next])])
        next += 1
        filling.add(place, row: local, weight: row.weight(element))
      }
    }
    filling.finish()
    return SparseSegment(
      range: range, rowCount: offsets.count, documentCount: documentCount,
      negativeWeights: negative, deaths: deaths, storage: storage)
  }
}

/// Puts entries into the memory of a segment, rows ascending.
private struct SparseSegmentFilling {
  private let storage: SparseSegmentStorage
  /// How many rows of each term are there.
  private var filled: [UInt32]

  init(_ storage: SparseSegmentStorage) {
    self.storage = storage
    filled = [UInt32](repeating: 0, count: storage.termCount)
  }

  /// A weight in steps of 1/255 of the greatest, rounded up; 0 if it is not positive.
  private static func step(_ weight: Float, of greatest: Float) -> UInt8 {
    guard weight > 0 else { return 0 }
    guard greatest.isFinite else { return 255 }
    return UInt8(min(255, (Double(weight) * 255 / Double(greatest)).rounded(.up)))
  }

  mutating func add(_ place: Int, row: Int, weight: Float) {
    let term = storage.terms[place]
    let step = Self.step(weight, of: term.greatest)
    let position = Int(filled[place])
    filled[place] += 1
    switch storage.kind(term) {
    case .dense:
      let block = row >> 6
      let number = Int(term.start)
      let cell = number * storage.blockCount + block
      if storage.masks[cell] == 0 { storage.starts[cell] = UInt16(position) }
      storage.masks[cell] |= 1 << UInt64(row & 63)
      storage.denseWeights[Int(storage.weightStarts[number]) + position] = step
      let maximum = storage.maxima + number * storage.paddedCells + row / SparseCell.rows
      maximum.pointee = max(maximum.pointee, step)
    case .long: put(row, step, at: Int(storage.longStarts[Int(term.start)]) + position)
    case .short: put(row, step, at: Int(term.start) + position)
    }
  }

  private func put(_ row: Int, _ step: UInt8, at position: Int) {
    storage.rows[position] = UInt16(row)
    storage.listWeights[position] = step
  }

  /// Fills what is known by superblock.
  func finish() {
    for place in 0..<storage.termCount {
      let term = storage.terms[place]
      let number = Int(term.start)
      switch storage.kind(term) {
      case .short: break
      case .dense:
        for cell in 0..<storage.paddedCells {
          raise(
            number, superblock: cell / SparseCell.ofSuperblock,
            storage.maxima[number * storage.paddedCells + cell])
        }
      case .long:
        let first = Int(storage.longStarts[number])
        let parts = storage.partStarts + number * (SparseSegmentStorage.superblocks + 1)
        for position in 0..<Int(term.count) {
          let superblock = Int(storage.rows[first + position]) >> 12
          raise(
            storage.denseCount + number, superblock: superblock,
            storage.listWeights[first + position])
          parts[superblock + 1] = UInt16(position + 1)
        }
        for superblock in 1...SparseSegmentStorage.superblocks {
          parts[superblock] = max(parts[superblock], parts[superblock - 1])
        }
      }
    }
  }

  private func raise(_ number: Int, superblock: Int, _ step: UInt8) {
    let maximum = storage.superMaxima + number * SparseSegmentStorage.superblocks + superblock
    maximum.pointee = max(maximum.pointee, step)
  }
}

/// Gives indices numbers in the order in which they are met, and counts them: a hash table with
/// open addresses.
private struct SparseTermNumbers {
  /// The number of every entry that was counted, in order.
  private(set) var numbers: [UInt32] = []
  private var indices: [UInt32] = []
  private var counts: [UInt32] = []
  private var extremes: [(least: Float, greatest: Float)] = []
  /// Number + 1 by place; 0 is free.
  private var places = [UInt32](repeating: 0, count: 1 << 10)
  private var shift: UInt32 = 22

  mutating func count(_ index: UInt32, weight: Float) {
    let number = number(of: index)
    numbers.append(UInt32(number))
    counts[number] += 1
    extremes[number].least = min(extremes[number].least, weight)
    extremes[number].greatest = max(extremes[number].greatest, weight)
  }

  func index(of number: Int) -> UInt32 { indices[number] }
  func count(of number: Int) -> UInt32 { counts[number] }
  func least(of number: Int) -> Float { extremes[number].least }
  func greatest(of number: Int) -> Float { extremes[number].greatest }

  /// Numbers by ascending index.
  func sortedNumbers() -> [Int] {
    indices.indices.map { UInt64(indices[$0]) << 32 | UInt64($0) }.sorted()
      .map { Int(truncatingIfNeeded: $0 & 0xffff_ffff) }
  }

  private mutating func number(of index: UInt32) -> Int {
    let place = place(of: index)
    if places[place] > 0 { return Int(places[place] - 1) }
    indices.append(index)
    counts.append(0)
    extremes.append((0, 0))
    places[place] = UInt32(indices.count)
    if 2 * indices.count > places.count { grow() }
    return indices.count - 1
  }

  /// Where the index is, or could be.
  private func place(of index: UInt32) -> Int {
    var place = Int((index &* 0x9E37_79B1) >> shift)
    while places[place] > 0, indices[Int(places[place] - 1)] != index {
      place = (place + 1) & (places.count - 1)
    }
    return place
  }

  private mutating func grow() {
    places = [UInt32](repeating: 0, count: 2 * places.count)
    shift -= 1
    for (number, index) in indices.enumerated() {
      places[place(of: index)] = UInt32(number + 1)
    }
  }
}
