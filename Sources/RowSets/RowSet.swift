/// A set of row offsets: a sorted list while they are few, a compressed bitmap when they are more.
///
/// Immutable and cheap to copy. Iterating gives the offsets in ascending order, without a list of
/// all of them. A search that asks for row after row asks the set's ``mask(below:)``.
public struct RowSet: Sendable, Sequence {
  /// Sets of at most so many offsets are lists.
  static let listMax = 256

  /// A set has one form only: a list exactly when it holds at most ``listMax`` offsets.
  enum Form: Sendable {
    /// Ascending, none twice.
    case list([UInt32])
    case bitmap(RowBitmap)
  }

  let form: Form

  /// The set of nothing.
  public static let empty = RowSet(list: [])

  /// A set of `offsets`, in any order; ascending ones are fastest.
  public init(_ offsets: [UInt32]) {
    self.init(offsets[...])
  }

  /// A set of `offsets`, in any order; ascending ones are fastest.
  public init(_ offsets: ArraySlice<UInt32>) {
    if offsets.count > Self.listMax {
      self.init(RowBitmap(offsets))
    } else if zip(offsets, offsets.dropFirst()).allSatisfy({ $0 < $1 }) {
      self.init(list: Array(offsets))
    } else {
      self.init(list: Self.ordered(Array(offsets)))
    }
  }

  /// The offsets of `range`.
  public init(range: Range<UInt32>) {
    if range.count > Self.listMax {
      form = .bitmap(RowBitmap(range: range))
    } else {
      form = .list(Array(range))
    }
  }

  /// A list that is ascending, without doubles, and short enough.
  private init(list: [UInt32]) {
    form = .list(list)
  }

  private init(_ bitmap: RowBitmap) {
    form = bitmap.count > Self.listMax ? .bitmap(bitmap) : .list(bitmap.offsets)
  }

  private static func ordered(_ offsets: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(offsets.count)
    for offset in offsets.sorted() where offset != result.last { result.append(offset) }
    return result
  }

  /// The set as a bitmap, whatever it holds.
  private var bitmap: RowBitmap {
    switch form {
    case .list(let offsets): RowBitmap(offsets[...])
    case .bitmap(let bitmap): bitmap
    }
  }

  /// How many offsets the set holds, O(1).
  public var count: Int {
    switch form {
    case .list(let offsets): offsets.count
    case .bitmap(let bitmap): bitmap.count
    }
  }

  /// As ``count``: the size of an array that takes the set is known beforehand.
  public var underestimatedCount: Int { count }

  /// Whether the set holds nothing.
  public var isEmpty: Bool {
    if case .list(let offsets) = form { offsets.isEmpty } else { false }
  }

  /// Whether the set holds `offset`.
  public func contains(_ offset: UInt32) -> Bool {
    switch form {
    case .list(let offsets):
      let place = offsets.firstPlace(notBelow: offset)
      return place < offsets.count && offsets[place] == offset
    case .bitmap(let bitmap): return bitmap.contains(offset)
    }
  }

  /// The offsets in ascending order, as a list.
  public var offsets: [UInt32] {
    switch form {
    case .list(let offsets): offsets
    case .bitmap(let bitmap): bitmap.offsets
    }
  }

  /// About the memory that the set takes beyond its place, in bytes.
  public var residentBytes: Int {
    switch form {
    case .list(let offsets): offsets.isEmpty ? 0 : 32 + 4 * offsets.count
    case .bitmap(let bitmap): bitmap.residentBytes
    }
  }
}

extension RowSet {
  /// The offsets of either set.
  public func union(_ other: RowSet) -> RowSet {
    if isEmpty { return other }
    if other.isEmpty { return self }
    if case .list(let left) = form, case .list(let right) = other.form {
      return RowSet(left + right)
    }
    return RowSet(bitmap.union(other.bitmap))
  }

  /// The offsets that are in both sets.
  public func intersection(_ other: RowSet) -> RowSet {
    switch (form, other.form) {
    case (.list(let left), .list(let right)) where Self.areAlike(left, right):
      RowSet(list: Self.merged(left, right, keepsCommon: true))
    case (.list(let offsets), _): RowSet(list: offsets.filter { other.contains($0) })
    case (_, .list(let offsets)): RowSet(list: offsets.filter { contains($0) })
    case (.bitmap(let left), .bitmap(let right)): RowSet(left.intersection(right))
    }
  }

  /// The offsets that are not in `other`.
  public func subtracting(_ other: RowSet) -> RowSet {
    if other.isEmpty { return self }
    return switch (form, other.form) {
    case (.list(let left), .list(let right)) where Self.areAlike(left, right):
      RowSet(list: Self.merged(left, right, keepsCommon: false))
    case (.list(let offsets), _): RowSet(list: offsets.filter { !other.contains($0) })
    case (.bitmap(let bitmap), _): RowSet(bitmap.subtracting(other.bitmap))
    }
  }

  /// Whether two lists are walked side by side sooner than one is looked up in the other.
  private static func areAlike(_ left: [UInt32], _ right: [UInt32]) -> Bool {
    right.count < 4 * left.count && left.count < 4 * right.count
  }

  /// What of `left` is in `right`, or what is not.
  private static func merged(
    _ left: [UInt32], _ right: [UInt32], keepsCommon: Bool
  ) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: left.count) { result, count in
      var place = 0
      for offset in left {
        while place < right.count, right[place] < offset { place += 1 }
        let isCommon = place < right.count && right[place] == offset
        // Written whatever is found, and kept by counting it.
        result.initializeElement(at: count, to: offset)
        count += isCommon == keepsCommon ? 1 : 0
      }
    }
  }

  /// The offsets of all sets.
  public static func union(of sets: [RowSet]) -> RowSet {
    if sets.count <= 2 { return sets.dropFirst().reduce(sets.first ?? .empty) { $0.union($1) } }
    var listed: [UInt32] = []
    var bitmaps: [RowBitmap] = []
    for set in sets {
      switch set.form {
      case .list(let offsets): listed += offsets
      case .bitmap(let bitmap): bitmaps.append(bitmap)
      }
    }
    let few = RowSet(ordered(listed))
    if bitmaps.isEmpty { return few }
    if !few.isEmpty { bitmaps.append(few.bitmap) }
    return RowSet(RowBitmap.union(of: bitmaps))
  }

  /// The same set in the smallest form: runs where offsets follow one another.
  public func optimized() -> RowSet {
    switch form {
    case .list: self
    case .bitmap(let bitmap): RowSet(bitmap.optimized())
    }
  }
}

extension RowSet {
  /// Walks a set in ascending order.
  public struct Iterator: IteratorProtocol {
    @usableFromInline var batch: [UInt32]
    @usableFromInline var index = 0
    private var rest: RowBitmap.Reader?

    init(_ form: Form) {
      switch form {
      case .list(let offsets): batch = offsets
      case .bitmap(let bitmap):
        batch = []
        rest = bitmap.makeReader()
      }
    }

    /// The next higher offset in the set.
    @inlinable
    public mutating func next() -> UInt32? {
      if index == batch.count, !readsOn() { return nil }
      defer { index += 1 }
      return batch[index]
    }

    @usableFromInline
    mutating func readsOn() -> Bool {
      guard rest?.read(into: &batch) ?? false else { return false }
      index = 0
      return true
    }
  }

  /// The offsets in ascending order.
  public func makeIterator() -> Iterator { Iterator(form) }
}

extension [UInt32] {
  /// The place of the first element of an ascending list that is not below `offset`.
  func firstPlace(notBelow offset: UInt32) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
