import RowSets

/// The rows of some successive commits in the index of one field. Immutable.
struct IndexSegment<Key: Comparable & Hashable & Sendable>: Sendable {
  let table: PostingTable<Key>
  /// Keys that come after all of `table`, whatever their own order: words of the upper plane.
  let upper: PostingTable<Key>
  let traits: RowTraits
  /// Rows whose payloads changed in place: what older segments say of them is void.
  let replaced: RowSet
  /// The rows that were entered, those without a value included.
  let rows: RowSet

  /// The rows of `newer` on top of those of `older` that are not dead; `nil` once `goesOn` says no.
  /// Without an `older` segment below the two, nothing has to be declared void any more.
  init?(
    merging older: IndexSegment, with newer: IndexSegment, isBottom: Bool,
    isDead: (UInt32) -> Bool, while goesOn: (Int) -> Bool
  ) {
    let dead = RowSet(older.rows.filter(isDead))
    let void = newer.replaced.union(dead)
    guard
      let table = PostingTable(
        merging: older.table, without: void, with: newer.table, while: goesOn),
      let upper = PostingTable(
        merging: older.upper, without: void, with: newer.upper, while: goesOn)
    else { return nil }
    self.table = table
    self.upper = upper
    var traits = RowTraits()
    for trait in RowTrait.allCases {
      traits[trait] = older.traits[trait].subtracting(void).union(newer.traits[trait]).optimized()
    }
    self.traits = traits
    replaced = isBottom ? .empty : older.replaced.union(newer.replaced)
    rows = older.rows.subtracting(dead).union(newer.rows).optimized()
  }

  init(
    table: PostingTable<Key>, upper: PostingTable<Key>, traits: RowTraits, replaced: RowSet,
    rows: RowSet
  ) {
    self.table = table
    self.upper = upper
    self.traits = traits
    self.replaced = replaced
    self.rows = rows
  }
}

/// Gathers the keys of rows for a segment.
struct SegmentBuilder<Key: Comparable & Hashable & Sendable> {
  private var lower: [Key: [UInt32]] = [:]
  private var upper: [Key: [UInt32]] = [:]
  /// About the memory of what was added, in bytes.
  private(set) var heldBytes = 0

  /// The place of a key, and the list of its rows.
  private static var bytesPerKey: Int { 128 }
  /// A row in a list that has room to grow.
  private static var bytesPerRow: Int { 8 }

  /// - Parameter keyBytes: what the key has outside of its place.
  mutating func add(_ key: Key, _ offset: UInt32, keyBytes: Int = 0) {
    let keyCount = lower.count
    lower[key, default: []].append(offset)
    heldBytes += Self.bytesPerRow
    if lower.count > keyCount { heldBytes += Self.bytesPerKey + keyBytes }
  }

  mutating func addUpper(_ key: Key, _ offset: UInt32) {
    let keyCount = upper.count
    upper[key, default: []].append(offset)
    heldBytes += Self.bytesPerRow
    if upper.count > keyCount { heldBytes += Self.bytesPerKey }
  }

  func finish(
    _ traits: RowTraits, replaced: RowSet, rows: RowSet, while goesOn: (Int) -> Bool
  ) -> IndexSegment<Key>? {
    guard let table = PostingTable(lower, while: goesOn),
      let upper = PostingTable(upper, while: goesOn)
    else { return nil }
    return IndexSegment(table: table, upper: upper, traits: traits, replaced: replaced, rows: rows)
  }
}
