public import RowSets

/// A key as those who list keys see it.
public enum FieldKey: Sendable, Hashable {
  case word(KeyWord)
  case text(String)
  case uuid(high: UInt64, low: UInt64)
}

extension FieldIndex {
  /// Calls `body` with every key and its rows, keys in ascending order, until it returns `false`.
  /// Rows that are dead may be among them; a key may have no row left.
  public func forEachKey(_ body: (FieldKey, RowSet) -> Bool) {
    switch segments.first?.storage {
    case nil: break
    case .words: forEachWord(descending: false, from: { _ in false }, { body(.word($0), $1) })
    case .texts:
      _ = forEachKeyAscending(tables(texts), { _ in false }, { body(.text($0.string), $1) })
    case .uuids:
      _ = forEachKeyAscending(
        tables(uuids), { _ in false }, { body(.uuid(high: $0.high, low: $0.low), $1) })
    }
  }

  /// Calls `body` with words and their rows in the order of the words, beginning with the first
  /// that is not `isBefore`, until it returns `false`.
  public func forEachWord(
    descending: Bool, from isBefore: (KeyWord) -> Bool, _ body: (KeyWord, RowSet) -> Bool
  ) {
    for isUpper in descending ? [true, false] : [false, true] {
      let tables = tables { words($0, isUpper: isUpper) }
      let isBefore = { (word: UInt64) in isBefore(KeyWord(word, isUpper: isUpper)) }
      let wantsMore =
        descending
        ? forEachKeyDescending(tables, isBefore, { body(KeyWord($0, isUpper: isUpper), $1) })
        : forEachKeyAscending(tables, isBefore, { body(KeyWord($0, isUpper: isUpper), $1) })
      if !wantsMore { return }
    }
  }

  private typealias Table<Key: Comparable & Hashable & Sendable> =
    (table: PostingTable<Key>, void: RowSet)

  /// The tables, each with the rows that newer segments declare void.
  private func tables<Key: Comparable & Hashable & Sendable>(
    _ table: (FieldSegment) -> PostingTable<Key>?
  ) -> [Table<Key>] {
    var result: [Table<Key>] = []
    var void = RowSet.empty
    for segment in segments.reversed() {
      if let table = table(segment) { result.append((table, void)) }
      void = void.union(segment.replaced)
    }
    return result
  }

  private func words(_ segment: FieldSegment, isUpper: Bool) -> PostingTable<UInt64>? {
    if case .words(let segment) = segment.storage {
      return isUpper ? segment.upper : segment.table
    }
    return nil
  }

  private func texts(_ segment: FieldSegment) -> PostingTable<TextKey>? {
    if case .texts(let segment) = segment.storage { return segment.table }
    return nil
  }

  private func uuids(_ segment: FieldSegment) -> PostingTable<UUIDKey>? {
    if case .uuids(let segment) = segment.storage { return segment.table }
    return nil
  }

  /// - Returns: whether `body` wants more.
  private func forEachKeyAscending<Key>(
    _ tables: [Table<Key>], _ isBefore: (Key) -> Bool, _ body: (Key, RowSet) -> Bool
  ) -> Bool {
    var next = tables.map { $0.table.firstPosition(where: isBefore) }
    while true {
      var lowest: Key?
      for (index, position) in next.enumerated() where position < tables[index].table.keys.count {
        let key = tables[index].table.keys[position]
        lowest = lowest.map { min($0, key) } ?? key
      }
      guard let key = lowest else { return true }
      var sets: [RowSet] = []
      for (index, position) in next.enumerated()
      where position < tables[index].table.keys.count && tables[index].table.keys[position] == key {
        sets.append(
          tables[index].table.rows(in: position..<position + 1).subtracting(tables[index].void))
        next[index] += 1
      }
      if !body(key, RowSet.union(of: sets)) { return false }
    }
  }

  /// - Returns: whether `body` wants more.
  private func forEachKeyDescending<Key>(
    _ tables: [Table<Key>], _ isBefore: (Key) -> Bool, _ body: (Key, RowSet) -> Bool
  ) -> Bool {
    // The keys that come are those up to the boundary: here "before" means above it.
    var next = tables.map { $0.table.firstPosition { !isBefore($0) } - 1 }
    while true {
      var highest: Key?
      for (index, position) in next.enumerated() where position >= 0 {
        let key = tables[index].table.keys[position]
        highest = highest.map { max($0, key) } ?? key
      }
      guard let key = highest else { return true }
      var sets: [RowSet] = []
      for (index, position) in next.enumerated()
      where position >= 0 && tables[index].table.keys[position] == key {
        sets.append(
          tables[index].table.rows(in: position..<position + 1).subtracting(tables[index].void))
        next[index] -= 1
      }
      if !body(key, RowSet.union(of: sets)) { return false }
    }
  }
}
