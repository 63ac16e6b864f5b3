import RowSets

/// The rows of some successive commits in the index of one field, with keys of one kind.
public struct FieldSegment: Sendable {
  enum Storage: Sendable {
    case words(IndexSegment<UInt64>)
    case texts(IndexSegment<TextKey>)
    case uuids(IndexSegment<UUIDKey>)
  }

  let storage: Storage
  /// The newest commit in it: a reader of an older one must not look at the segment.
  public let commit: UInt64
  /// About the memory of the segment, in bytes.
  public let residentBytes: Int

  init(_ storage: Storage, commit: UInt64, residentBytes: Int? = nil) {
    self.storage = storage
    self.commit = commit
    self.residentBytes = residentBytes ?? Self.residentBytes(of: storage)
  }

  /// The same segment as part of another commit.
  public func at(commit: UInt64) -> FieldSegment {
    FieldSegment(storage, commit: commit, residentBytes: residentBytes)
  }

  /// How many rows were entered, those without a value included.
  public var rowCount: Int {
    switch storage {
    case .words(let segment): segment.rows.count
    case .texts(let segment): segment.rows.count
    case .uuids(let segment): segment.rows.count
    }
  }

  /// How many rows have a trait.
  public func count(_ trait: RowTrait) -> Int { traits[trait].count }

  var traits: RowTraits { storage.traits }
  var replaced: RowSet { storage.replaced }

  /// The rows of `newer` on top of this segment's rows that are not dead.
  ///
  /// - Parameters:
  ///   - isBottom: whether no older segment is below this one.
  ///   - goesOn: told now and then how many steps of tens of nanoseconds were made; `false` ends
  ///     it.
  /// - Returns: `nil` when it was ended.
  public func merging(
    _ newer: FieldSegment, isBottom: Bool, isDead: (UInt32) -> Bool, while goesOn: (Int) -> Bool
  ) -> FieldSegment? {
    let merged: Storage?
    switch (storage, newer.storage) {
    case (.words(let a), .words(let b)):
      merged = IndexSegment(
        merging: a, with: b, isBottom: isBottom, isDead: isDead, while: goesOn
      ).map { .words($0) }
    case (.texts(let a), .texts(let b)):
      merged = IndexSegment(
        merging: a, with: b, isBottom: isBottom, isDead: isDead, while: goesOn
      ).map { .texts($0) }
    case (.uuids(let a), .uuids(let b)):
      merged = IndexSegment(
        merging: a, with: b, isBottom: isBottom, isDead: isDead, while: goesOn
      ).map { .uuids($0) }
    case (.words, _), (.texts, _), (.uuids, _):
      preconditionFailure("segments of different fields")
    }
    return merged.map { FieldSegment($0, commit: newer.commit) }
  }

  private static func residentBytes(of storage: Storage) -> Int {
    let sets =
      storage.traits.residentBytes + storage.replaced.residentBytes + storage.rows.residentBytes
    return switch storage {
    case .words(let segment):
      sets + segment.table.residentBytes { _ in 0 } + segment.upper.residentBytes { _ in 0 }
    case .uuids(let segment): sets + segment.table.residentBytes { _ in 0 }
    case .texts(let segment):
      // A string of up to 15 bytes is stored in its place, a longer one in a block of its own.
      sets
        + segment.table.residentBytes { key in
          bytes(outside: key.string)
        }
    }
  }

  /// What a string has outside of its place.
  static func bytes(outside string: String) -> Int {
    string.utf8.count > 15 ? string.utf8.count + 48 : 0
  }
}

extension FieldSegment.Storage {
  var rows: RowSet {
    switch self {
    case .words(let segment): segment.rows
    case .texts(let segment): segment.rows
    case .uuids(let segment): segment.rows
    }
  }

  var traits: RowTraits {
    switch self {
    case .words(let segment): segment.traits
    case .texts(let segment): segment.traits
    case .uuids(let segment): segment.traits
    }
  }

  var replaced: RowSet {
    switch self {
    case .words(let segment): segment.replaced
    case .texts(let segment): segment.replaced
    case .uuids(let segment): segment.replaced
    }
  }
}

/// The kind of keys that a field's index has.
public enum FieldKeyKind: Sendable {
  case words
  case texts
  case uuids
}

/// Gathers rows and makes a segment of them.
public struct FieldSegmentBuilder {
  private enum Keys {
    case words(SegmentBuilder<UInt64>)
    case texts(SegmentBuilder<TextKey>)
    case uuids(SegmentBuilder<UUIDKey>)
  }

  private var keys: Keys
  private var rows: [UInt32] = []
  private var replaced: [UInt32] = []
  private var traits: [[UInt32]] = Array(repeating: [], count: RowTrait.allCases.count)
  private static let stepsPerKey = 8
  /// Keys of a row between two looks at the room.
  private static let keysPerLook = 4096

  /// Rows so far.
  public var rowCount: Int { rows.count }

  /// A builder of a segment with keys of one kind.
  public init(_ kind: FieldKeyKind) {
    switch kind {
    case .words: keys = .words(SegmentBuilder())
    case .texts: keys = .texts(SegmentBuilder())
    case .uuids: keys = .uuids(SegmentBuilder())
    }
  }

  /// Enters what the row at `offset` has, each row once.
  ///
  /// - Parameters:
  ///   - replaces: whether older segments may know the row with other values.
  ///   - goesOn: told of each key, as of steps of tens of nanoseconds; `false` ends it, and what
  ///     was gathered is of no use.
  ///   - hasRoom: told now and then how many bytes are held; `false` ends it likewise.
  public mutating func add(
    _ values: RowValues, at offset: UInt32, replaces: Bool, while goesOn: (Int) -> Bool,
    hasRoom: (Int) -> Bool = { _ in true }
  ) {
    rows.append(offset)
    if replaces { replaced.append(offset) }
    let holds = [
      values.hasKeys, values.valuedCount > 0, values.hasForeign, values.leafCount > 1,
      values.isFilled, values.hasNull,
    ]
    for (index, holds) in holds.enumerated() where holds { traits[index].append(offset) }
    let lists = listBytes
    switch keys {
    case .words(var builder):
      // Nothing else may refer to the builder while it grows.
      keys = .words(SegmentBuilder())
      for (index, word) in values.words.enumerated() where goesOn(Self.stepsPerKey) {
        if word.isUpper {
          builder.addUpper(word.bits, offset)
        } else {
          builder.add(word.bits, offset)
        }
        if Self.isLook(index), !hasRoom(lists + builder.heldBytes) { break }
      }
      keys = .words(builder)
    case .texts(var builder):
      keys = .texts(SegmentBuilder())
      for (index, text) in values.texts.enumerated() where goesOn(Self.stepsPerKey) {
        builder.add(TextKey(text), offset, keyBytes: FieldSegment.bytes(outside: text))
        if Self.isLook(index), !hasRoom(lists + builder.heldBytes) { break }
      }
      keys = .texts(builder)
    case .uuids(var builder):
      keys = .uuids(SegmentBuilder())
      for (index, uuid) in values.uuids.enumerated() where goesOn(Self.stepsPerKey) {
        builder.add(UUIDKey(high: uuid.high, low: uuid.low), offset)
        if Self.isLook(index), !hasRoom(lists + builder.heldBytes) { break }
      }
      keys = .uuids(builder)
    }
  }

  private static func isLook(_ index: Int) -> Bool { index % keysPerLook == keysPerLook - 1 }

  private var listBytes: Int {
    2 * MemoryLayout<UInt32>.stride * (traits.count + 1) * rowCount
  }

  /// About the memory of the rows so far, in bytes: more than their segment will take.
  public var heldBytes: Int {
    switch keys {
    case .words(let builder): listBytes + builder.heldBytes
    case .texts(let builder): listBytes + builder.heldBytes
    case .uuids(let builder): listBytes + builder.heldBytes
    }
  }

  /// The segment of the rows as part of `commit`.
  ///
  /// - Parameter goesOn: told now and then how many steps of tens of nanoseconds were made; `false`
  ///   ends it.
  /// - Returns: `nil` when it was ended.
  public func finish(commit: UInt64, while goesOn: (Int) -> Bool) -> FieldSegment? {
    var made = RowTraits()
    for (trait, offsets) in zip(RowTrait.allCases, traits) {
      made[trait] = RowSet(offsets).optimized()
    }
    let void = RowSet(replaced)
    let rows = RowSet(rows).optimized()
    let storage: FieldSegment.Storage? =
      switch keys {
      case .words(let keys):
        keys.finish(made, replaced: void, rows: rows, while: goesOn).map { .words($0) }
      case .texts(let keys):
        keys.finish(made, replaced: void, rows: rows, while: goesOn).map { .texts($0) }
      case .uuids(let keys):
        keys.finish(made, replaced: void, rows: rows, while: goesOn).map { .uuids($0) }
      }
    return storage.map { FieldSegment($0, commit: commit) }
  }
}
