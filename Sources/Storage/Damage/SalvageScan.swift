extension KeyValueStore {
  /// Keys between which entries can't be read: `after < key < before`; an empty bound does not
  /// bound.
  public struct UnreadableRange: Sendable, Equatable {
    /// The last key before the gap that could be read, or one just below all that was asked for.
    public var after: [UInt8]
    /// The first key behind the gap that can be read; empty when there is none.
    public var before: [UInt8]

    /// Whether an entry of this key could be among them.
    public func covers(_ key: [UInt8]) -> Bool {
      after.lexicographicallyPrecedes(key)
        && (before.isEmpty || key.lexicographicallyPrecedes(before))
    }
  }

  /// Visits the entries with `from <= key < upTo` that can be read, in order, and goes on behind
  /// those that can't.
  ///
  /// - Returns: where entries may be missing.
  public func salvage<E: Error>(
    in family: ColumnFamily, from: [UInt8], upTo: [UInt8],
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) -> [UnreadableRange] {
    var unreadable: [UnreadableRange] = []
    var start = from
    while true {
      var last: [UInt8]?
      let isComplete = try visit(in: family, from: start, upTo: upTo, last: &last, body)
      if isComplete { return unreadable }
      // The key after the last one that could be read.
      let edge = last.map { $0 + [0] } ?? start
      guard let next = firstReadable(in: family, after: edge, upTo: upTo) else {
        unreadable.append(UnreadableRange(after: last ?? Self.before(start), before: upTo))
        return unreadable
      }
      unreadable.append(UnreadableRange(after: last ?? Self.before(start), before: next))
      start = next
    }
  }

  /// Visits entries until one can't be read; whether all could.
  private func visit<E: Error>(
    in family: ColumnFamily, from: [UInt8], upTo: [UInt8], last: inout [UInt8]?,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) -> Bool {
    guard var iterator = try? scan(in: family, from: from, upTo: upTo, fillCache: false) else {
      return false
    }
    while true {
      guard let isThere = try? iterator.next() else { return false }
      if !isThere { return true }
      try body(iterator.key, iterator.value)
      last = Array(iterator.key)
    }
  }

  /// The first key that can be read from some distance behind `edge` on. Distances double until one
  /// leads out of what is damaged, and are halved again from there.
  private func firstReadable(
    in family: ColumnFamily, after edge: [UInt8], upTo: [UInt8]
  ) -> [UInt8]? {
    var low = edge
    for bit in 0..<8 * edge.count {
      guard let target = Self.adding(bit: bit, to: edge),
        upTo.isEmpty || target.lexicographicallyPrecedes(upTo)
      else { return nil }
      guard case .some(let found) = peek(in: family, from: target, upTo: upTo) else {
        low = target
        continue
      }
      guard var best = found else { return nil }
      // Between `low`, which can't be read, and `target`.
      for smaller in stride(from: bit - 2, through: 0, by: -1) {
        guard let middle = Self.adding(bit: smaller, to: low),
          middle.lexicographicallyPrecedes(target)
        else { continue }
        if case .some(.some(let key)) = peek(in: family, from: middle, upTo: upTo) {
          best = key
        } else {
          low = middle
        }
      }
      return best
    }
    return nil
  }

  /// The first key from `from` on, the inner `nil` for none, the outer when it can't be read.
  private func peek(in family: ColumnFamily, from: [UInt8], upTo: [UInt8]) -> [UInt8]?? {
    guard var iterator = try? scan(in: family, from: from, upTo: upTo, fillCache: false),
      let isThere = try? iterator.next()
    else { return nil }
    return .some(isThere ? Array(iterator.key) : nil)
  }

  /// The key read as one large number, plus a power of two; `nil` beyond the largest.
  private static func adding(bit: Int, to key: [UInt8]) -> [UInt8]? {
    var sum = key
    var index = key.count - 1 - bit / 8
    var carry = UInt16(1) << UInt16(bit % 8)
    while carry > 0 {
      guard index >= 0 else { return nil }
      let digit = UInt16(sum[index]) + carry
      sum[index] = UInt8(truncatingIfNeeded: digit)
      carry = digit >> 8
      index -= 1
    }
    return sum
  }

  /// A bound below `key`, to be excluded.
  private static func before(_ key: [UInt8]) -> [UInt8] {
    var bound = key
    guard let last = bound.popLast() else { return [] }
    return last > 0 ? bound + [last - 1, .max, .max] : bound
  }
}
