/// One query on its way through an index: its lookup table, what it has found, and how near a row
/// must be to matter. Used by one thread.
///
/// Distances in here are "lower is nearer".
final class SearchLane {
  let query: SearchQuery
  /// Neighbours wanted.
  let limit: Int
  let squaredLength: Float
  let table: CodeTable
  /// The lists to look at, nearest first.
  var probes: [Probe] = []
  private var candidates = CandidateList()
  private var bounds: BoundHeap
  private let distanceLimit: Float

  init(_ query: SearchQuery, limit: Int, quantizer: CoarseQuantizer) {
    self.query = query
    self.limit = limit
    self.squaredLength = query.vector.withUnsafeBufferPointer {
      Float(VectorMath.squaredLength($0))
    }
    self.table = CodeTable(query.vector, rotation: quantizer.rotation, layout: quantizer.layout)
    self.bounds = BoundHeap(capacity: limit)
    // A row at the minimum itself may be returned.
    self.distanceLimit = query.minimumScore.map { (-$0).nextUp } ?? .infinity
  }

  /// Rows whose distance is surely no less than this are of no interest.
  var threshold: Float { min(bounds.threshold, distanceLimit, CodeLayout.unreachable) }

  func withQuery<R>(_ body: (UnsafeBufferPointer<Float>) -> R) -> R {
    query.vector.withUnsafeBufferPointer(body)
  }

  /// Takes what a scan let through: rows that the query and the reader may see become candidates.
  func take(
    _ survivors: ScanScratch, count: Int, rows: UnsafePointer<UInt32>, widening: Float,
    visibility: VisibilityView
  ) {
    for index in 0..<count {
      let lower = survivors.lower[index]
      // The threshold falls as the survivors of one scan are taken.
      guard lower < bounds.threshold else { continue }
      let row = rows[Int(survivors.entry[index])]
      guard row != CodeLayout.noRow, query.allowed?.contains(row) ?? true,
        visibility.isVisible(row), candidates.insert(row, lower: lower)
      else { continue }
      let estimate = survivors.estimate[index]
      bounds.offer(estimate + (estimate - lower) * widening)
    }
  }

  /// The candidates that can still be among the nearest, by ascending lower bound.
  func finalCandidates() -> UnsafeMutableBufferPointer<UInt64> {
    candidates.sorted(below: threshold)
  }
}

/// Rows with the lower bounds of their distances, each row once.
///
/// Kept as sort keys: the bound in the high half, the row in the low one.
final class CandidateList {
  private var keys: UnsafeMutablePointer<UInt64>
  private var count = 0
  private var capacity = 1024
  /// Open addressing; 0 is empty, otherwise a row plus 1. Twice `capacity` slots.
  private var seen: UnsafeMutablePointer<UInt32>

  init() {
    keys = .allocate(capacity: capacity)
    seen = .allocate(capacity: 2 * capacity)
    seen.update(repeating: 0, count: 2 * capacity)
  }

  deinit {
    keys.deallocate()
    seen.deallocate()
  }

  /// Adds a row; false when it is there already.
  func insert(_ row: UInt32, lower: Float) -> Bool {
    if count == capacity { grow() }
    guard mark(row) else { return false }
    keys[count] = SortKey.make(ascending: lower, row)
    count += 1
    return true
  }

  private func mark(_ row: UInt32) -> Bool {
    let mask = 2 * capacity - 1
    var slot = Int(truncatingIfNeeded: row &* 0x9E37_79B1) >> 7 & mask
    while seen[slot] != 0 {
      if seen[slot] == row &+ 1 { return false }
      slot = (slot + 1) & mask
    }
    seen[slot] = row &+ 1
    return true
  }

  private func grow() {
    let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * capacity)
    larger.update(from: keys, count: count)
    keys.deallocate()
    keys = larger
    capacity *= 2
    seen.deallocate()
    seen = .allocate(capacity: 2 * capacity)
    seen.update(repeating: 0, count: 2 * capacity)
    for index in 0..<count { _ = mark(UInt32(truncatingIfNeeded: keys[index])) }
  }

  /// The keys with a bound below `threshold`, ascending. The list is spent.
  func sorted(below threshold: Float) -> UnsafeMutableBufferPointer<UInt64> {
    let border = SortKey.make(ascending: threshold, 0)
    var kept = 0
    for index in 0..<count where keys[index] < border {
      keys[kept] = keys[index]
      kept += 1
    }
    var front = UnsafeMutableBufferPointer(start: keys, count: kept)
    front.sort()
    return front
  }
}

/// The lowest `capacity` upper bounds seen so far: the greatest of them is the distance that a row
/// must be able to beat.
struct BoundHeap {
  private let capacity: Int
  private var values: [Float] = []

  init(capacity: Int) {
    self.capacity = capacity
    values.reserveCapacity(min(capacity, 1024))
  }

  /// Infinite until `capacity` bounds were offered.
  private(set) var threshold = Float.infinity

  mutating func offer(_ bound: Float) {
    guard bound < threshold else { return }
    if values.count < capacity {
      values.append(bound)
      if values.count == capacity {
        for index in (0..<capacity / 2).reversed() { siftDown(from: index) }
        threshold = values[0]
      }
      return
    }
    values[0] = bound
    siftDown(from: 0)
    threshold = values[0]
  }

  private mutating func siftDown(from start: Int) {
    values.withUnsafeMutableBufferPointer { values in
      let moving = values[start]
      var parent = start
      while true {
        var child = 2 * parent + 1
        guard child < values.count else { break }
        if child + 1 < values.count, values[child + 1] > values[child] { child += 1 }
        guard values[child] > moving else { break }
        values[parent] = values[child]
        parent = child
      }
      values[parent] = moving
    }
  }
}
