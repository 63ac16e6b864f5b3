public import RowSets

/// The index of one field at one commit: segments from the oldest to the newest. Immutable, and
/// cheap to copy.
///
/// What it says of a row holds for the row as of that commit; rows that are dead by then may still
/// be in it. A key is a word (a number in the order of its values, see ``KeyCoding``), a string, or
/// a UUID.
public struct FieldIndex: Sendable {
  /// Each on top of those before it.
  public let segments: [FieldSegment]

  /// The index of segments in the order of their commits.
  public init(_ segments: [FieldSegment]) {
    self.segments = segments
  }

  // MARK: Rows by key

  /// The rows that have the word, if there is `candidates`, those of them: the fewer these are, the
  /// less it takes.
  public func rows(word: KeyWord, among candidates: RowSet? = nil) -> RowSet {
    select(among: candidates) { segment in
      guard case .words(let segment) = segment.storage else { return .empty }
      return (word.isUpper ? segment.upper : segment.table).rows(of: word.bits)
    }
  }

  /// The rows that have a word from the first that is not below the range, by `isBelow`, up to the
  /// last that is not above it.
  public func rows(
    wordsNot isBelow: (KeyWord) -> Bool, nor isAbove: (KeyWord) -> Bool
  ) -> RowSet {
    select { segment in
      guard case .words(let segment) = segment.storage else { return .empty }
      let lower = segment.table.rows(in: Self.positions(segment.table, false, isBelow, isAbove))
      if segment.upper.keys.isEmpty { return lower }
      return lower.union(
        segment.upper.rows(in: Self.positions(segment.upper, true, isBelow, isAbove)))
    }
  }

  /// The rows that have a word of the lower plane in one of `ranges` for which `verdict` is true,
  /// and those that have one for which it is `nil`.
  public func rows(
    wordsIn ranges: [ClosedRange<UInt64>], verdict: (UInt64) -> Bool?
  ) -> (sure: RowSet, perhaps: RowSet) {
    var (sure, perhaps) = (RowSet.empty, RowSet.empty)
    for segment in segments {
      guard case .words(let entered) = segment.storage else { continue }
      let table = entered.table
      var found: (sure: [UInt32], perhaps: [UInt32]) = ([], [])
      for words in ranges {
        let range = Self.positions(table, { $0 < words.lowerBound }, { $0 > words.upperBound })
        for position in range {
          switch verdict(table.keys[position]) {
          case true?: table.appendOffsets(at: position, to: &found.sure)
          case nil: table.appendOffsets(at: position, to: &found.perhaps)
          case false?: break
          }
        }
      }
      sure = sure.subtracting(segment.replaced).union(RowSet(found.sure))
      perhaps = perhaps.subtracting(segment.replaced).union(RowSet(found.perhaps))
    }
    return (sure, perhaps)
  }

  /// The rows that have the string, if there is `candidates`, those of them.
  public func rows(text: String, among candidates: RowSet? = nil) -> RowSet {
    let key = TextKey(text)
    return select(among: candidates) { segment in
      guard case .texts(let segment) = segment.storage else { return .empty }
      return segment.table.rows(of: key)
    }
  }

  /// The rows that have a string with this beginning.
  public func rows(textPrefix prefix: String) -> RowSet {
    let key = TextKey(prefix)
    return select { segment in
      guard case .texts(let segment) = segment.storage else { return .empty }
      return segment.table.rows(in: Self.positions(segment.table, key))
    }
  }

  /// The rows that have the UUID, if there is `candidates`, those of them.
  public func rows(
    uuidHigh high: UInt64, low: UInt64, among candidates: RowSet? = nil
  ) -> RowSet {
    let key = UUIDKey(high: high, low: low)
    return select(among: candidates) { segment in
      guard case .uuids(let segment) = segment.storage else { return .empty }
      return segment.table.rows(of: key)
    }
  }

  /// The rows of a trait.
  public func rows(_ trait: RowTrait) -> RowSet {
    select { $0.traits[trait] }
  }

  /// Whether the row has the trait.
  public func has(_ trait: RowTrait, row: UInt32) -> Bool {
    for segment in segments.reversed() {
      if segment.traits[trait].contains(row) { return true }
      if segment.replaced.contains(row) { return false }
    }
    return false
  }

  // MARK: Estimates, in O(log n)

  /// At most how many rows have the word.
  public func count(word: KeyWord) -> Int {
    count { segment in
      guard case .words(let segment) = segment.storage else { return 0 }
      return (word.isUpper ? segment.upper : segment.table).count(of: word.bits)
    }
  }

  /// At most how many rows have a word of the range.
  public func count(
    wordsNot isBelow: (KeyWord) -> Bool, nor isAbove: (KeyWord) -> Bool
  ) -> Int {
    count { segment in
      guard case .words(let segment) = segment.storage else { return 0 }
      let lower = segment.table.count(in: Self.positions(segment.table, false, isBelow, isAbove))
      if segment.upper.keys.isEmpty { return lower }
      return lower
        + segment.upper.count(in: Self.positions(segment.upper, true, isBelow, isAbove))
    }
  }

  /// At most how many rows have the string.
  public func count(text: String) -> Int {
    let key = TextKey(text)
    return count { segment in
      guard case .texts(let segment) = segment.storage else { return 0 }
      return segment.table.count(of: key)
    }
  }

  /// At most how many rows have a string with this beginning.
  public func count(textPrefix prefix: String) -> Int {
    let key = TextKey(prefix)
    return count { segment in
      guard case .texts(let segment) = segment.storage else { return 0 }
      return segment.table.count(in: Self.positions(segment.table, key))
    }
  }

  /// At most how many rows have the UUID.
  public func count(uuidHigh high: UInt64, low: UInt64) -> Int {
    let key = UUIDKey(high: high, low: low)
    return count { segment in
      guard case .uuids(let segment) = segment.storage else { return 0 }
      return segment.table.count(of: key)
    }
  }

  /// At most how many rows have a trait.
  public func count(_ trait: RowTrait) -> Int {
    count { $0.traits[trait].count }
  }

  /// About the memory of the index, in bytes.
  public var residentBytes: Int { segments.reduce(0) { $0 + $1.residentBytes } }

  // MARK: Parts

  private func select(
    among candidates: RowSet? = nil, _ rows: (FieldSegment) -> RowSet
  ) -> RowSet {
    var result = RowSet.empty
    for segment in segments {
      let rows = rows(segment)
      result = result.subtracting(segment.replaced)
        .union(candidates.map(rows.intersection) ?? rows)
    }
    return result
  }

  private func count(_ count: (FieldSegment) -> Int) -> Int {
    segments.reduce(0) { $0 + count($1) }
  }

  /// Where the words of a plane stand that are neither below nor above.
  private static func positions(
    _ table: PostingTable<UInt64>, _ isUpper: Bool, _ isBelow: (KeyWord) -> Bool,
    _ isAbove: (KeyWord) -> Bool
  ) -> Range<Int> {
    positions(
      table, { isBelow(KeyWord($0, isUpper: isUpper)) },
      { isAbove(KeyWord($0, isUpper: isUpper)) })
  }

  private static func positions(
    _ table: PostingTable<UInt64>, _ isBelow: (UInt64) -> Bool, _ isAbove: (UInt64) -> Bool
  ) -> Range<Int> {
    let first = table.firstPosition(where: isBelow)
    return first..<max(first, table.firstPosition { !isAbove($0) })
  }

  private static func positions(
    _ table: PostingTable<TextKey>, _ prefix: TextKey
  ) -> Range<Int> {
    let first = table.firstPosition { $0 < prefix }
    return first..<max(first, table.firstPosition { $0 < prefix || $0.hasPrefix(prefix) })
  }
}
