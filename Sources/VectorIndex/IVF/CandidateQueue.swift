/// Entries that a scan let through, as sort keys of the lower bound of their distance and their row
/// (``SortKey``): first filled, then sealed, then emptied in ascending order. Used by one thread.
final class CandidateQueue {
  /// Keys put in order at once: a search looks at about 50 before none can win any more.
  private static let pieceCount = 96
  /// So many keys are looked at in their order. Where that is not enough, the distances that are
  /// found hardly change any more.
  private static let sortedFirst = 1_024

  private var keys: UnsafeMutablePointer<UInt64>
  private var capacity = 512
  /// Keys in the queue, or those that were not left out.
  private(set) var count = 0
  /// Keys from here on come after all before, and are in no order.
  private var windowEnd = 0
  /// So many keys are in pieces, each after the one before.
  private var orderedEnd = 0
  /// Whether the keys of the piece are in order, too.
  private var isSorted = true
  /// Whether no key of a later piece can be below the limit.
  private var isLast = false
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
    windowEnd = 0
    orderedEnd = 0
    isSorted = true
    isLast = false
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

  /// The lowest key that is left, or one that is hardly higher, if it is below `limit`, which does
  /// not rise while the queue is emptied.
  func next(below limit: UInt64) -> UInt64? {
    while position < orderedEnd || orderMore() {
      let key = keys[position]
      if key < limit {
        position += 1
        return key
      }
      if isSorted { return nil }
      // Those of later pieces are no lower than the highest of this one.
      position += 1
      isLast = true
    }
    return nil
  }

  /// Puts a piece of the keys that are left in order: a small one that is sorted or, where many
  /// were looked at already so that `limit` hardly changes, a large one that is not.
  private func orderMore() -> Bool {
    if isLast || orderedEnd == count { return false }
    if orderedEnd == windowEnd { openWindow() }
    if !isSorted {
      orderedEnd = windowEnd
      return true
    }
    let left = windowEnd - orderedEnd
    let piece = left < 2 * Self.pieceCount ? left : Self.pieceCount
    SortKey.sortSmallest(
      piece, of: UnsafeMutableBufferPointer(start: keys + orderedEnd, count: left))
    orderedEnd += piece
    return true
  }

  /// Picks the lowest keys that are left, as many as were picked before, so that many of them take
  /// few walks through all.
  private func openWindow() {
    isSorted = orderedEnd == 0
    let left = count - orderedEnd
    let window = max(Self.sortedFirst, orderedEnd)
    if left > window + window / 2 {
      SortKey.moveSmallest(
        window, of: UnsafeMutableBufferPointer(start: keys + orderedEnd, count: left))
      windowEnd = orderedEnd + window
    } else {
      windowEnd = count
    }
  }
}
