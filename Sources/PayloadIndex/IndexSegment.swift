/// The rows of some successive commits in the index of one field. Immutable.
struct IndexSegment<Key: Comparable & Hashable & Sendable>: Sendable {
  let table: PostingTable<Key>
  let traits: RowTraits
  /// Rows whose payloads changed in place: what older segments say of them is void.
  let replaced: OffsetSet
  /// How many rows were entered, those without a value included.
  let rowCount: Int

  /// The rows of `newer` on top of those of `older` that are not dead. Without an `older` segment
  /// below the two, nothing has to be declared void any more.
  init(
    merging older: IndexSegment, with newer: IndexSegment, isBottom: Bool,
    isDead: (UInt32) -> Bool
  ) {
    let replaced = newer.replaced
    table = PostingTable(
      merging: older.table, keeping: { !replaced.contains($0) && !isDead($0) }, with: newer.table)
    var traits = RowTraits()
    var dead: [UInt32] = []
    for offset in older.traits[.filled].union(older.traits[.null]).offsets where isDead(offset) {
      dead.append(offset)
    }
    let void = replaced.union(OffsetSet(dead))
    for trait in RowTrait.allCases {
      traits[trait] = older.traits[trait].subtracting(void).union(newer.traits[trait]).optimized()
    }
    self.traits = traits
    self.replaced = isBottom ? .empty : older.replaced.union(newer.replaced)
    rowCount = max(0, older.rowCount - dead.count) + newer.rowCount
  }

  init(
    table: PostingTable<Key>, traits: RowTraits, replaced: OffsetSet, rowCount: Int
  ) {
    self.table = table
    self.traits = traits
    self.replaced = replaced
    self.rowCount = rowCount
  }
}

/// Gathers rows for a segment.
struct SegmentBuilder<Key: Comparable & Hashable & Sendable> {
  private var rowsByKey: [Key: [UInt32]] = [:]

  mutating func add(_ key: Key, _ offset: UInt32) {
    rowsByKey[key, default: []].append(offset)
  }

  func finish(_ traits: RowTraits, replaced: OffsetSet, rowCount: Int) -> IndexSegment<Key> {
    IndexSegment(
      table: PostingTable(rowsByKey), traits: traits, replaced: replaced, rowCount: rowCount)
  }
}
