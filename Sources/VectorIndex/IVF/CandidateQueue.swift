/// Entries that a scan let through, as sort keys of the lower bound of their distance and their row
/// (``SortKey``): first filled, then sealed, then emptied in ascending order. Used by one thread.
final class CandidateQueue {
  /// Keys put in order at once: a search looks at about 50 before none can win any more.
  private static let pieceCount = 96

  private var keys: UnsafeMutablePointer<UInt64>
  private var capacity = 512
  /// Keys in the queue, or those that were not left out.
  private(set) var count = 0
  private var sortedEnd = 0
  private var position = 0

  init() {
    keys = .allocate(capacity: capacity)
  }

  deinit { keys.deallocate() }

  /// Bytes of the keys there is room for.
  var byteCount: Int { capacity * MemoryLayout<UInt64>.stride }

  /// Begins anew, without keys.
  func clear() {
    count = 0
    sortedEnd = 0
    position = 0
  }

  /// Makes room for `more` keys.
  func reserve(_ more: Int) {
    if count + more <= capacity { return }
    capacity = max(2 * capacity, count + more)
    let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
    larger.update(from: keys, count: count)
    keys.deallocate()
    keys = larger
  }

  /// Adds a key, for which there is room.
  func append(_ key: UInt64) {
    keys[count] = key
    count += 1
  }

  /// Leaves out the keys beyond `last`. Nothing is added afterwards.
  func seal(upTo last: UInt64) {
    let keys = keys
    var kept = 0
    for index in 0..<count {
      keys[kept] = keys[index]
      kept += keys[index] <= last ? 1 : 0
    }
    count = kept
  }

  /// The lowest key that is left, if it is below `limit`.
  func next(below limit: UInt64) -> UInt64? {
    if position == sortedEnd, !sortMore() { return nil }
    let key = keys[position]
    guard key < limit else { return nil }
    position += 1
    return key
  }

  private func sortMore() -> Bool {
    let left = count - sortedEnd
    guard left > 0 else { return false }
    let piece = left < 2 * Self.pieceCount ? left : Self.pieceCount
    SortKey.sortSmallest(
      piece, of: UnsafeMutableBufferPointer(start: keys + sortedEnd, count: left))
    sortedEnd += piece
    return true
  }
}
