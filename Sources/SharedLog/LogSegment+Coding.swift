import Crypto

/// The bytes of a segment, as <doc:ReplicationFormat> describes them.
extension LogSegment {
  /// Numbers of segments and entries are below it: counting on from any that was read never fails.
  package static let numberBound: UInt64 = 1 << 62

  private static let magic = Array("QSEG".utf8)
  private static let version: UInt8 = 1
  private static let checksumBytes = 32
  private static let itemHeadBytes = 24

  /// The segment as it stands in the store.
  package func encoded() -> [UInt8] {
    var bytes = Self.magic
    bytes.reserveCapacity(items.reduce(128) { $0 + Self.itemHeadBytes + $1.bytes.count })
    bytes.append(Self.version)
    bytes += writer.bytes
    bytes.append(bigEndian: number)
    bytes.append(bigEndian: writtenAt)
    bytes.append(bigEndian: UInt64(items.count))
    for item in items {
      bytes.append(bigEndian: item.entry)
      bytes.append(bigEndian: item.committedAt)
      bytes.append(bigEndian: UInt64(item.bytes.count))
      bytes += item.bytes
    }
    bytes += SHA256.hash(data: bytes)
    return bytes
  }

  /// Reads the bytes of one segment, all of them.
  ///
  /// - Throws: ``SharedLogError/damaged(_:)`` when a byte is not as it was written,
  ///   ``SharedLogError/newer(_:)`` for a later release's.
  package init(decoding bytes: [UInt8], number expected: UInt64) throws(SharedLogError) {
    let place = "segment \(expected)"
    guard bytes.count > Self.magic.count + Self.checksumBytes, bytes.starts(with: Self.magic) else {
      throw .damaged("\(place) does not begin as a segment does")
    }
    let body = bytes.dropLast(Self.checksumBytes)
    guard SHA256.hash(data: body).elementsEqual(bytes.suffix(Self.checksumBytes)) else {
      throw .damaged("the checksum of \(place) is wrong")
    }
    var cursor = SegmentCursor(rest: body.dropFirst(Self.magic.count))
    let version = cursor.take(1)?.first
    guard version == Self.version else {
      throw .newer(
        "\(place) has version \(version ?? 0), this release reads version \(Self.version)")
    }
    guard let id = cursor.take(WriterID.byteCount), let writer = WriterID(bytes: Array(id)),
      let number = cursor.integer(), let writtenAt = cursor.integer(), let count = cursor.integer(),
      count <= UInt64(cursor.rest.count / Self.itemHeadBytes)
    else { throw .damaged("\(place) ends before its end") }
    guard number == expected else { throw .damaged("\(place) says that it is segment \(number)") }
    var items: [LogItem] = []
    for _ in 0..<count {
      guard let entry = cursor.integer(), let time = cursor.integer(),
        let length = cursor.integer(), length <= UInt64(cursor.rest.count),
        let content = cursor.take(Int(length))
      else { throw .damaged("\(place) ends before its end") }
      guard entry < Self.numberBound else { throw .damaged("\(place) has entry \(entry)") }
      items.append(LogItem(entry: entry, committedAt: time, bytes: Array(content)))
    }
    guard cursor.rest.isEmpty else { throw .damaged("something follows the end of \(place)") }
    self.init(number: number, writer: writer, writtenAt: writtenAt, items: items)
  }
}

/// Takes one thing after another from the bytes of a segment, and nothing beyond their end.
private struct SegmentCursor {
  var rest: ArraySlice<UInt8>

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func integer() -> UInt64? {
    take(8)?.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension [UInt8] {
  fileprivate mutating func append(bigEndian value: UInt64) {
    for shift in stride(from: 56, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }
}
