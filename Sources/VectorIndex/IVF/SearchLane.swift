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
  /// Rows whose bounds were taken, since a row may have two entries.
  private var bounded = RowSet()
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

  /// Whether as many rows as are wanted have been seen, so that the threshold means something.
  var isBounded: Bool { bounds.threshold < .infinity }

  /// Rows whose distance is surely no less than this are of no interest.
  var threshold: Float { min(bounds.threshold, distanceLimit, CodeLayout.unreachable) }

  func withQuery<R>(_ body: (UnsafeBufferPointer<Float>) -> R) -> R {
    query.vector.withUnsafeBufferPointer(body)
  }

  /// Takes what a scan let through.
  ///
  /// Whether a row may be seen at all is asked here only for those that lower the threshold; for
  /// the others it can wait until few are left.
  func take(
    _ survivors: ScanScratch, count: Int, rows: UnsafePointer<UInt32>, widening: Float,
    visibility: VisibilityView
  ) {
    candidates.reserve(count)
    for index in 0..<count {
      let lower = survivors.lower[index]
      let bound = bounds.threshold
      // The threshold falls as the survivors of one scan are taken.
      guard lower < bound else { continue }
      let place = rows + Int(survivors.entry[index])
      candidates.append(lower: lower, place: place)
      let estimate = survivors.estimate[index]
      let upper = estimate + (estimate - lower) * widening
      if upper < bound, isEligible(place.pointee, visibility), bounded.insert(place.pointee) {
        bounds.offer(upper)
      }
    }
  }

  private func isEligible(_ row: UInt32, _ visibility: VisibilityView) -> Bool {
    if let allowed = query.allowed, !allowed.contains(row) { return false }
    return visibility.isVisible(row)
  }

  /// The rows that can still be among the nearest, each once, by ascending lower bound of their
  /// distances: sort keys with the row in the low half. Valid while the lane lives.
  func finalCandidates(_ visibility: VisibilityView) -> UnsafeMutableBufferPointer<UInt64> {
    var seen = RowSet()
    return candidates.sorted(upTo: threshold) { row in
      isEligible(row, visibility) && seen.insert(row)
    }
  }
}

/// Entries with the lower bounds of their distances.
///
/// SAFETY of its memory: used by one thread, freed in `deinit`.
final class CandidateList {
  private var count = 0
  private var capacity = 1024
  private var lowers: UnsafeMutablePointer<Float>
  /// Where the offset of an entry's row stands.
  private var places: UnsafeMutablePointer<UnsafePointer<UInt32>>
  private var keys: UnsafeMutableBufferPointer<UInt64>?

  init() {
    lowers = .allocate(capacity: capacity)
    places = .allocate(capacity: capacity)
  }

  deinit {
    lowers.deallocate()
    places.deallocate()
    keys?.deallocate()
  }

  /// Makes room for `more` entries.
  func reserve(_ more: Int) {
    if count + more <= capacity { return }
    let larger = max(2 * capacity, count + more)
    let newLowers = UnsafeMutablePointer<Float>.allocate(capacity: larger)
    let newPlaces = UnsafeMutablePointer<UnsafePointer<UInt32>>.allocate(capacity: larger)
    newLowers.update(from: lowers, count: count)
    newPlaces.update(from: places, count: count)
    lowers.deallocate()
    places.deallocate()
    lowers = newLowers
    places = newPlaces
    capacity = larger
  }

  /// Adds an entry, for which there is room.
  func append(lower: Float, place: UnsafePointer<UInt32>) {
    lowers[count] = lower
    places[count] = place
    count += 1
  }

  /// The keys of entries with a bound of at most `threshold` whose rows `isWanted`, ascending.
  /// Where estimates are exact, the bounds of the nearest are the threshold.
  func sorted(
    upTo threshold: Float, where isWanted: (UInt32) -> Bool
  ) -> UnsafeMutableBufferPointer<UInt64> {
    var kept = 0
    for index in 0..<count where lowers[index] <= threshold {
      lowers[kept] = lowers[index]
      places[kept] = places[index]
      kept += 1
    }
    count = kept
    let all = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: max(1, kept))
    keys?.deallocate()
    keys = all
    var used = 0
    for index in 0..<kept {
      all[used] = SortKey.make(ascending: lowers[index], places[index].pointee)
      used += 1
    }
    var front = UnsafeMutableBufferPointer(rebasing: all[..<used])
    front.sort()
    used = 0
    for index in front.indices {
      let row = UInt32(truncatingIfNeeded: front[index])
      guard row != CodeLayout.noRow, isWanted(row) else { continue }
      front[used] = front[index]
      used += 1
    }
    return UnsafeMutableBufferPointer(rebasing: all[..<used])
  }
}

/// A set of rows by open addressing. Small, and short-lived.
struct RowSet {
  /// 0 is empty, otherwise a row plus 1.
  private var slots = [UInt32](repeating: 0, count: 256)
  private var count = 0

  /// Adds a row; false when it is there already.
  mutating func insert(_ row: UInt32) -> Bool {
    if 2 * count >= slots.count { grow() }
    guard Self.mark(row, &slots) else { return false }
    count += 1
    return true
  }

  private static func mark(_ row: UInt32, _ slots: inout [UInt32]) -> Bool {
    slots.withUnsafeMutableBufferPointer { slots in
      let mask = slots.count - 1
      var slot = Int(truncatingIfNeeded: (row &* 0x9E37_79B1) >> 12) & mask
      while slots[slot] != 0 {
        if slots[slot] == row &+ 1 { return false }
        slot = (slot + 1) & mask
      }
      slots[slot] = row &+ 1
      return true
    }
  }

  private mutating func grow() {
    var larger = [UInt32](repeating: 0, count: 4 * slots.count)
    for value in slots where value != 0 { _ = Self.mark(value &- 1, &larger) }
    slots = larger
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
