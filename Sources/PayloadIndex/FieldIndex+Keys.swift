/// A key as those who list keys see it.
public enum FieldKey: Sendable, Hashable {
  case word(UInt64)
  case text(String)
  case uuid(high: UInt64, low: UInt64)
}

extension FieldIndex {
  /// Calls `body` with every key and its rows, keys in ascending order, until it returns `false`.
  /// Rows that are dead may be among them; a key may have no row left.
  public func forEachKey(_ body: (FieldKey, OffsetSet) -> Bool) {
    guard let first = segments.first else { return }
    switch first.storage {
    case .words: forEachKey(tables(words), { .word($0) }, body)
    case .texts: forEachKey(tables(texts), { .text($0.string) }, body)
    case .uuids: forEachKey(tables(uuids), { .uuid(high: $0.high, low: $0.low) }, body)
    }
  }

  /// Calls `body` with words and their rows in the order of the words, beginning with the first
  /// that is not `isBefore`, until it returns `false`.
  public func forEachWord(
    descending: Bool, from isBefore: (UInt64) -> Bool, _ body: (UInt64, OffsetSet) -> Bool
  ) {
    let tables = tables(words)
    if descending {
      forEachKeyDescending(tables, isBefore, body)
    } else {
      forEachKeyAscending(tables, isBefore, body)
    }
  }

  private typealias Table<Key: Comparable & Hashable & Sendable> =
    (table: PostingTable<Key>, void: OffsetSet)

  /// The tables, each with the rows that newer segments declare void.
  private func tables<Key: Comparable & Hashable & Sendable>(
    _ table: (FieldSegment) -> PostingTable<Key>?
  ) -> [Table<Key>] {
    var result: [Table<Key>] = []
    var void = OffsetSet.empty
    for segment in segments.reversed() {
      if let table = table(segment) { result.append((table, void)) }
      void = void.union(segment.replaced)
    }
    return result
  }

  private func words(_ segment: FieldSegment) -> PostingTable<UInt64>? {
    if case .words(let segment) = segment.storage { return segment.table }
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

  private func forEachKey<Key>(
    _ tables: [Table<Key>], _ key: (Key) -> FieldKey, _ body: (FieldKey, OffsetSet) -> Bool
  ) {
    forEachKeyAscending(tables, { _ in false }, { body(key($0), $1) })
  }

  private func forEachKeyAscending<Key>(
    _ tables: [Table<Key>], _ isBefore: (Key) -> Bool, _ body: (Key, OffsetSet) -> Bool
  ) {
    var next = tables.map { $0.table.firstPosition(where: isBefore) }
    while true {
      var lowest: Key?
      for (index, position) in next.enumerated() where position < tables[index].table.keys.count {
        let key = tables[index].table.keys[position]
        lowest = lowest.map { min($0, key) } ?? key
      }
      guard let key = lowest else { return }
      var sets: [OffsetSet] = []
      for (index, position) in next.enumerated()
      where position < tables[index].table.keys.count && tables[index].table.keys[position] == key {
        sets.append(
          tables[index].table.rows(in: position..<position + 1).subtracting(tables[index].void))
        next[index] += 1
      }
      if !body(key, OffsetSet.union(of: sets)) { return }
    }
  }

  private func forEachKeyDescending<Key>(
    _ tables: [Table<Key>], _ isBefore: (Key) -> Bool, _ body: (Key, OffsetSet) -> Bool
  ) {
    // The keys that come are those up to the boundary: here "before" means above it.
    var next = tables.map { $0.table.firstPosition { !isBefore($0) } - 1 }
    while true {
      var highest: Key?
      for (index, position) in next.enumerated() where position >= 0 {
        let key = tables[index].table.keys[position]
        highest = highest.map { max($0, key) } ?? key
      }
      guard let key = highest else { return }
      var sets: [OffsetSet] = []
      for (index, position) in next.enumerated()
      where position >= 0 && tables[index].table.keys[position] == key {
        sets.append(
          tables[index].table.rows(in: position..<position + 1).subtracting(tables[index].void))
        next[index] -= 1
      }
      if !body(key, OffsetSet.union(of: sets)) { return }
    }
  }
}
