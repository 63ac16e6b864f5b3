import RowSets

/// What can be asked about a row's values at a field's path besides its keys.
///
/// A *leaf* is a value that the path leads to, or an element of it if that is an array.
public enum RowTrait: Int, Sendable, CaseIterable {
  /// There is at least one key.
  case indexed
  /// There is a leaf that is not `null`.
  case valued
  /// There is a leaf, not `null`, that no key stands for.
  case foreign
  /// There is more than one leaf.
  case multiple
  /// There is a value that is neither `null` nor `[]`.
  case filled
  /// There is a value that is `null`, or an array that holds one.
  case null
}

/// The rows of each trait.
struct RowTraits: Sendable {
  private var sets = [RowSet](repeating: .empty, count: RowTrait.allCases.count)

  subscript(trait: RowTrait) -> RowSet {
    get { sets[trait.rawValue] }
    set { sets[trait.rawValue] = newValue }
  }

  var residentBytes: Int {
    sets.reduce(0) { $0 + 8 + $1.residentBytes }
  }
}

/// What one row has at a field's path, before it is entered.
public struct RowValues: Sendable {
  /// Keys that are numbers or places, see ``FieldIndex``.
  public var words: [KeyWord] = []
  /// Keys that are strings.
  public var texts: [String] = []
  /// Keys that are UUIDs, each in two halves.
  public var uuids: [(high: UInt64, low: UInt64)] = []
  /// Leaves of any kind.
  public var leafCount = 0
  /// Leaves that are not `null`.
  public var valuedCount = 0
  /// Whether some leaf, not `null`, has no key.
  public var hasForeign = false
  /// Whether some value is neither `null` nor `[]`.
  public var isFilled = false
  /// Whether some value is `null`, or an array that holds one.
  public var hasNull = false

  /// A row without anything.
  public init() {}

  /// Forgets the row.
  public mutating func removeAll() {
    words.removeAll(keepingCapacity: true)
    texts.removeAll(keepingCapacity: true)
    uuids.removeAll(keepingCapacity: true)
    leafCount = 0
    valuedCount = 0
    hasForeign = false
    isFilled = false
    hasNull = false
  }

  var hasKeys: Bool { !words.isEmpty || !texts.isEmpty || !uuids.isEmpty }
}
