/// Many keys in one buffer, of one width or of different ones, without an allocation a key.
public struct KeyList: Sendable {
  private var bytes: [UInt8] = []
  /// Where each key ends; unused for keys of one width.
  private var ends: [Int] = []
  private let width: Int?

  /// An empty list of keys of any width.
  public init() {
    width = nil
  }

  /// An empty list of keys that are all `width` bytes wide, with room for `capacity` of them.
  public init(width: Int, capacity: Int = 0) {
    precondition(width > 0, "keys of one width have at least one byte")
    self.width = width
    bytes.reserveCapacity(width * capacity)
  }

  /// The number of keys.
  public var count: Int { width.map { bytes.count / $0 } ?? ends.count }

  /// Whether there are no keys.
  public var isEmpty: Bool { count == 0 }

  /// Adds a key.
  public mutating func append(_ key: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: key)
    finishKey(count: key.count)
  }

  /// Adds a key.
  public mutating func append(_ key: [UInt8]) {
    bytes.append(contentsOf: key)
    finishKey(count: key.count)
  }

  /// Adds the key that `body` appends to the array it is given.
  public mutating func append(building body: (inout [UInt8]) -> Void) {
    let before = bytes.count
    body(&bytes)
    finishKey(count: bytes.count - before)
  }

  /// Removes all keys and keeps the memory.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  /// A copy of one key.
  public subscript(index: Int) -> [UInt8] { [UInt8](bytes[bounds(of: index)]) }

  /// Where the key at `index` lies in the buffer.
  func bounds(of index: Int) -> Range<Int> {
    if let width { return index * width..<(index + 1) * width }
    return (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// Lends the buffer.
  func withRawBytes(
    _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Void
  ) throws(StorageError) {
    try bytes.withRawBytes(body)
  }

  private mutating func finishKey(count: Int) {
    if let width {
      precondition(count == width, "a key of \(count) bytes in a list of keys of \(width)")
    } else {
      precondition(count >= 0, "the body removed bytes of the list")
      ends.append(bytes.count)
    }
  }
}
