package import RowSets

/// Keys in ascending order, each with the rows that have it. Immutable.
///
/// Rows of rare keys stand one after another in one array, in the order of the keys, so that a
/// range of keys is a slice; a frequent key has a compressed set of its own, and so has every key
/// once the array is full.
package struct PostingTable<Key: Comparable & Hashable & Sendable>: Sendable {
  /// Rows from which on a key has a set of its own.
  static var denseCount: Int { 1024 }

  /// Ascending, none twice.
  package let keys: [Key]
  /// Where the rows of each key begin in `offsets`, and at last where they end.
  private let starts: [UInt32]
  private let offsets: [UInt32]
  /// The sets of frequent keys, by ascending position of the key.
  private let dense: [Dense]

  private struct Dense: Sendable {
    let position: Int
    let set: RowSet
  }

  /// Rows under all keys, a row counted once for each of its keys.
  package let entryCount: Int

  /// The table of what was put together.
  package init(_ assembler: PostingAssembler<Key>) {
    keys = assembler.keys
    starts = assembler.starts + [UInt32(assembler.offsets.count)]
    offsets = assembler.offsets
    dense = assembler.dense.map { Dense(position: $0.position, set: $0.set) }
    entryCount = offsets.count + dense.reduce(0) { $0 + $1.set.count }
  }

  /// The position of the first key that is not before the boundary, by `isBefore`, which holds for
  /// some first keys and for none after them.
  func firstPosition(where isBefore: (Key) -> Bool) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(keys[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func position(of key: Key) -> Int? {
    let position = firstPosition { $0 < key }
    return position < keys.count && keys[position] == key ? position : nil
  }

  /// How many rows have the key at `position`.
  func count(at position: Int) -> Int { count(in: position..<position + 1) }

  /// How many entries the keys at `positions` have.
  func count(in positions: Range<Int>) -> Int {
    let sparse = Int(starts[positions.upperBound] - starts[positions.lowerBound])
    return dense(in: positions).reduce(sparse) { $0 + $1.set.count }
  }

  /// The rows that have one of the keys at `positions`.
  package func rows(in positions: Range<Int>) -> RowSet {
    let slice = Int(starts[positions.lowerBound])..<Int(starts[positions.upperBound])
    var sets = dense(in: positions).map(\.set)
    if !slice.isEmpty { sets.append(RowSet(offsets[slice])) }
    return RowSet.union(of: sets)
  }

  /// The rows that have `key`.
  package func rows(of key: Key) -> RowSet {
    guard let position = position(of: key) else { return .empty }
    return rows(in: position..<position + 1)
  }

  /// How many rows have `key`.
  package func count(of key: Key) -> Int { position(of: key).map(count(at:)) ?? 0 }

  /// The rows of the key at `position`, ascending.
  package func offsets(at position: Int) -> [UInt32] {
    if let set = dense(in: position..<position + 1).first?.set { return set.offsets }
    return Array(offsets[Int(starts[position])..<Int(starts[position + 1])])
  }

  /// Adds the rows of the key at `position` to a list.
  func appendOffsets(at position: Int, to list: inout [UInt32]) {
    if let set = dense(in: position..<position + 1).first?.set {
      list += set.offsets
    } else {
      list += offsets[Int(starts[position])..<Int(starts[position + 1])]
    }
  }

  private func dense(in positions: Range<Int>) -> ArraySlice<Dense> {
    if dense.isEmpty { return [] }
    let first = firstDense(from: positions.lowerBound)
    var end = first
    while end < dense.count, dense[end].position < positions.upperBound { end += 1 }
    return dense[first..<end]
  }

  private func firstDense(from position: Int) -> Int {
    var low = 0
    var high = dense.count
    while low < high {
      let middle = (low + high) / 2
      if dense[middle].position < position { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// About the memory of the table, in bytes. `keyBytes` is what a key takes beyond its place.
  func residentBytes(keyBytes: (Key) -> Int) -> Int {
    keys.reduce(0) { $0 + MemoryLayout<Key>.stride + keyBytes($1) } + 4 * starts.count
      + 4 * offsets.count + dense.reduce(0) { $0 + 16 + $1.set.residentBytes }
  }
}

/// Puts a table together, key by key in ascending order.
package struct PostingAssembler<Key: Comparable & Hashable & Sendable> {
  /// Rows of rare keys at most: their places are told in 32 bits.
  private let sparseMax: Int
  private(set) var keys: [Key] = []
  private(set) var starts: [UInt32] = []
  private(set) var offsets: [UInt32] = []
  private(set) var dense: [(position: Int, set: RowSet)] = []

  /// - Parameter sparseMax: rows that rare keys have together at most; keys beyond it get sets of
  ///   their own, as the places of rows are told in 32 bits.
  package init(sparseMax: Int = Int(UInt32.max)) {
    self.sparseMax = sparseMax
  }

  /// Adds a key with its rows, ascending and none twice. Without rows it is left out.
  package mutating func append(_ key: Key, _ rows: [UInt32]) {
    if rows.isEmpty { return }
    starts.append(UInt32(offsets.count))
    if rows.count >= PostingTable<Key>.denseCount || offsets.count + rows.count > sparseMax {
      dense.append((keys.count, RowSet(rows).optimized()))
    } else {
      offsets += rows
    }
    keys.append(key)
  }
}

extension PostingTable {
  private struct Ended: Error {}

  /// The table of rows given by key, in any order; `nil` once `goesOn` says no, which is told of
  /// each look at a key.
  init?(_ rowsByKey: [Key: [UInt32]], while goesOn: (Int) -> Bool) {
    var assembler = PostingAssembler<Key>()
    let keys = try? rowsByKey.keys.sorted { left, right in
      if !goesOn(1) { throw Ended() }
      return left < right
    }
    guard let keys else { return nil }
    for key in keys {
      guard var rows = rowsByKey[key] else { continue }
      if !goesOn(4 + rows.count / 8) { return nil }
      if zip(rows, rows.dropFirst()).contains(where: { $0 >= $1 }) { rows = Set(rows).sorted() }
      assembler.append(key, rows)
    }
    self.init(assembler)
  }

  /// The entries of `older` but those of rows in `void`, and the entries of `newer`; `nil` once
  /// `goesOn` says no, which is told of each key and its rows.
  init?(
    merging older: PostingTable, without void: RowSet, with newer: PostingTable,
    while goesOn: (Int) -> Bool
  ) {
    var assembler = PostingAssembler<Key>()
    var (a, b) = (0, 0)
    while a < older.keys.count || b < newer.keys.count {
      let takesOlder =
        a < older.keys.count && (b == newer.keys.count || older.keys[a] <= newer.keys[b])
      let takesNewer =
        b < newer.keys.count && (a == older.keys.count || newer.keys[b] <= older.keys[a])
      let key = takesOlder ? older.keys[a] : newer.keys[b]
      var rows = takesOlder ? older.offsets(at: a).filter { !void.contains($0) } : []
      if takesNewer {
        let more = newer.offsets(at: b)
        let isInOrder = rows.last.map { last in more.first.map { last < $0 } ?? true } ?? true
        rows += more
        if !isInOrder { rows = Set(rows).sorted() }
      }
      if !goesOn(8 + rows.count) { return nil }
      assembler.append(key, rows)
      a += takesOlder ? 1 : 0
      b += takesNewer ? 1 : 0
    }
    self.init(assembler)
  }
}
