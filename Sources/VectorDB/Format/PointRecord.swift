import PointModel
import Storage

/// The value of the `points` family: a layout byte (1), the version (u64, big-endian), the id as
/// in ``KeyLayout``, and the payload's JSON to the end.
struct PointRecord {
  static let layout: UInt8 = 1

  var id: PointID
  var version: UInt64
  var payload: Payload

  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(26 + payload.json.count)
    append(to: &bytes)
    return bytes
  }

  func append(to bytes: inout [UInt8]) {
    bytes.append(Self.layout)
    bytes.appendBigEndian(version)
    KeyLayout.append(id, to: &bytes)
    bytes.append(contentsOf: payload.json)
  }

  /// The parts of an encoded record, the payload still in place.
  struct View {
    let id: PointID
    let version: UInt64
    let payload: UnsafeRawBufferPointer
  }

  /// Throws ``CollectionError/storage(_:)`` when the bytes are not a record.
  static func view(_ bytes: UnsafeRawBufferPointer) throws(CollectionError) -> View {
    guard bytes.first == layout, let version = bytes.readBigEndian(UInt64.self, at: 1),
      let (id, length) = KeyLayout.id(in: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(9)))
    else { throw .storage("a point's record is damaged") }
    return View(
      id: id, version: version,
      payload: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(9 + length)))
  }
}

/// The value of the `ids` family: where a point is, and the operation that last changed it.
struct PointLocation: Equatable {
  var offset: UInt32
  var version: UInt64

  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(12)
    append(to: &bytes)
    return bytes
  }

  func append(to bytes: inout [UInt8]) {
    bytes.appendBigEndian(offset)
    bytes.appendBigEndian(version)
  }

  init(offset: UInt32, version: UInt64) {
    self.offset = offset
    self.version = version
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(CollectionError) {
    guard bytes.count == 12, let offset = bytes.readBigEndian(UInt32.self, at: 0),
      let version = bytes.readBigEndian(UInt64.self, at: 4)
    else { throw .storage("an id's record is damaged") }
    self.init(offset: offset, version: version)
  }
}
