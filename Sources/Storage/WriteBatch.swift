/// A list of changes that a store applies all together or not at all, in order.
///
/// It belongs to no store, so that it may be built on one thread and written on another.
public struct WriteBatch: ~Copyable, Sendable {
  enum Change: UInt8 {
    case put
    case delete
    case deleteRange
  }

  /// One change; its bytes follow those of the change before it.
  struct Entry {
    var change: Change
    /// Index into `families`.
    var family: Int32
    var keyCount: Int
    /// Bytes of the value, or of the end of a range.
    var valueCount: Int
  }

  private(set) var entries: [Entry] = []
  private(set) var families: [ColumnFamily] = []
  /// The keys and values of all entries, one after the other.
  private(set) var bytes: [UInt8] = []

  /// An empty batch.
  public init() {}

  /// The number of changes.
  public var count: Int { entries.count }

  /// Whether there are no changes.
  public var isEmpty: Bool { entries.isEmpty }

  /// The bytes of all keys and values.
  public var byteCount: Int { bytes.count }

  /// Removes all changes and keeps the memory.
  public mutating func clear() {
    entries.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    families.removeAll(keepingCapacity: true)
  }

  /// Makes room for this many more bytes.
  public mutating func reserve(byteCount: Int) {
    bytes.reserveCapacity(bytes.count + byteCount)
  }

  /// Sets the value of `key`.
  public mutating func put(
    key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, in family: ColumnFamily
  ) {
    bytes.append(contentsOf: key)
    bytes.append(contentsOf: value)
    append(.put, family, keyCount: key.count, valueCount: value.count)
  }

  /// Sets the value of `key`.
  public mutating func put(key: [UInt8], value: [UInt8], in family: ColumnFamily) {
    bytes.append(contentsOf: key)
    bytes.append(contentsOf: value)
    append(.put, family, keyCount: key.count, valueCount: value.count)
  }

  /// Sets the value of `key` to the bytes of `value`, such as raw floats.
  public mutating func put(
    key: [UInt8], value: UnsafeRawBufferPointer, in family: ColumnFamily
  ) {
    bytes.append(contentsOf: key)
    bytes.append(contentsOf: value)
    append(.put, family, keyCount: key.count, valueCount: value.count)
  }

  /// Sets the value of `key` to what `body` appends to the array it is given, and to nothing else
  /// it may do with the array. A value of several parts needs no array of its own this way.
  public mutating func put<E: Error>(
    key: [UInt8], in family: ColumnFamily, appending body: (inout [UInt8]) throws(E) -> Void
  ) throws(E) {
    let before = bytes.count
    bytes.append(contentsOf: key)
    let start = bytes.count
    do {
      try body(&bytes)
    } catch {
      bytes.removeLast(bytes.count - before)
      throw error
    }
    precondition(bytes.count >= start, "the body removed bytes of the batch")
    append(.put, family, keyCount: key.count, valueCount: bytes.count - start)
  }

  /// Sets the value of a key, each of which is what its closure appends to the array it is given.
  /// Neither needs an array of its own this way.
  public mutating func put(
    in family: ColumnFamily, key: (inout [UInt8]) -> Void, value: (inout [UInt8]) -> Void
  ) {
    let start = bytes.count
    key(&bytes)
    let middle = bytes.count
    value(&bytes)
    precondition(start <= middle && middle <= bytes.count, "a closure removed bytes of the batch")
    append(.put, family, keyCount: middle - start, valueCount: bytes.count - middle)
  }

  /// Removes the key that `key` appends to the array it is given, if it is there.
  public mutating func delete(in family: ColumnFamily, key: (inout [UInt8]) -> Void) {
    let start = bytes.count
    key(&bytes)
    precondition(start <= bytes.count, "the closure removed bytes of the batch")
    append(.delete, family, keyCount: bytes.count - start, valueCount: 0)
  }

  /// Removes `key`, if it is there.
  public mutating func delete(key: UnsafeRawBufferPointer, in family: ColumnFamily) {
    bytes.append(contentsOf: key)
    append(.delete, family, keyCount: key.count, valueCount: 0)
  }

  /// Removes `key`, if it is there.
  public mutating func delete(key: [UInt8], in family: ColumnFamily) {
    bytes.append(contentsOf: key)
    append(.delete, family, keyCount: key.count, valueCount: 0)
  }

  /// Removes the keys with `from <= key < upTo`. An empty range adds nothing; here an empty `upTo`
  /// is one, not the end of the family.
  public mutating func deleteRange(from: [UInt8], upTo: [UInt8], in family: ColumnFamily) {
    guard from.lexicographicallyPrecedes(upTo) else { return }
    bytes.append(contentsOf: from)
    bytes.append(contentsOf: upTo)
    append(.deleteRange, family, keyCount: from.count, valueCount: upTo.count)
  }

  /// Removes the keys with `from <= key < upTo`. An empty range adds nothing; here an empty `upTo`
  /// is one, not the end of the family.
  public mutating func deleteRange(
    from: UnsafeRawBufferPointer, upTo: UnsafeRawBufferPointer, in family: ColumnFamily
  ) {
    deleteRange(from: [UInt8](from), upTo: [UInt8](upTo), in: family)
  }

  private mutating func append(
    _ change: Change, _ family: ColumnFamily, keyCount: Int, valueCount: Int
  ) {
    let index: Int
    if let last = entries.last, families[Int(last.family)] == family {
      index = Int(last.family)
    } else if let known = families.firstIndex(of: family) {
      index = known
    } else {
      index = families.count
      families.append(family)
    }
    entries.append(
      Entry(
        change: change, family: Int32(index), keyCount: keyCount, valueCount: valueCount))
  }
}
