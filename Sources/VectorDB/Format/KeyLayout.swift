import PointModel
import Storage

/// Where everything lives in the key-value store. All integers in keys are big-endian.
///
/// | family    | key                                        | value                             |
/// |-----------|--------------------------------------------|-----------------------------------|
/// | `meta`    | `format`                                   | format number, u32                |
/// | `meta`    | `next-collection`                          | next collection number, u32       |
/// | `meta`    | `collection/` number                       | catalogue entry, JSON             |
/// | `meta`    | `counters/` number                         | next operation u64, offset u32    |
/// | `meta`    | `dropped/` number                          | empty; space not yet given back   |
/// | `meta`    | `dropped-vector/` number, vector u16       | empty; space not yet given back   |
/// | `meta`    | `alias/` alias in UTF-8                    | collection name in UTF-8          |
/// | `meta`    | `update/` number                           | ``UnfinishedUpdate``, JSON        |
/// | `meta`    | `applied`                                  | last commit u64, last entry u64   |
/// | `points`  | collection u32, offset u32                 | ``PointRecord``                   |
/// | `vectors` | collection u32, vector u16, offset u32     | `d` little-endian float32         |
/// | `ids`     | collection u32, id                         | offset u32, version u64           |
///
/// An id is a tag byte (0 number, 1 UUID) and 8 or 16 bytes, so that the `ids` family is in the
/// order that scrolling follows.
enum KeyLayout {
  static let format = 1

  static let meta = ColumnFamily(name: "meta", profile: .small)
  static let points = ColumnFamily(name: "points", profile: .records)
  static let vectors = ColumnFamily(name: "vectors", profile: .vectors)
  static let ids = ColumnFamily(name: "ids", profile: .lookup)
  static let families = [meta, points, vectors, ids]
  /// The families whose keys begin with a collection's number.
  static let pointFamilies = [points, vectors, ids]

  static let formatKey = Array("format".utf8)
  static let appliedKey = Array("applied".utf8)
  static let nextCollectionKey = Array("next-collection".utf8)
  static let catalogPrefix = Array("collection/".utf8)
  static let countersPrefix = Array("counters/".utf8)
  static let droppedPrefix = Array("dropped/".utf8)
  static let updatePrefix = Array("update/".utf8)
  static let droppedVectorPrefix = Array("dropped-vector/".utf8)
  static let aliasPrefix = Array("alias/".utf8)

  /// Says which commit a batch is, and which entry of the log is the last then.
  static func appliedRecord(_ sequence: UInt64, entry: UInt64) -> WriteBatch {
    var batch = WriteBatch()
    batch.put(in: meta) {
      $0 += appliedKey
    } value: {
      $0.appendBigEndian(sequence)
      $0.appendBigEndian(entry)
    }
    return batch
  }

  static func catalogEntry(_ collection: UInt32) -> [UInt8] {
    prefixed(catalogPrefix, collection)
  }

  static func counters(_ collection: UInt32) -> [UInt8] {
    prefixed(countersPrefix, collection)
  }

  static func dropped(_ collection: UInt32) -> [UInt8] {
    prefixed(droppedPrefix, collection)
  }

  static func update(_ collection: UInt32) -> [UInt8] {
    prefixed(updatePrefix, collection)
  }

  static func droppedVector(_ collection: UInt32, _ vector: UInt16) -> [UInt8] {
    var key = prefixed(droppedVectorPrefix, collection)
    key.appendBigEndian(vector)
    return key
  }

  static func alias(_ name: String) -> [UInt8] { aliasPrefix + Array(name.utf8) }

  static func point(_ collection: UInt32, _ offset: UInt32) -> [UInt8] {
    var key: [UInt8] = []
    key.reserveCapacity(8)
    append(point: offset, of: collection, to: &key)
    return key
  }

  static func append(point offset: UInt32, of collection: UInt32, to bytes: inout [UInt8]) {
    bytes.appendBigEndian(collection)
    bytes.appendBigEndian(offset)
  }

  static func vector(_ collection: UInt32, _ vector: UInt16, _ offset: UInt32) -> [UInt8] {
    var key: [UInt8] = []
    key.reserveCapacity(10)
    append(vector: vector, at: offset, of: collection, to: &key)
    return key
  }

  static func append(
    vector: UInt16, at offset: UInt32, of collection: UInt32, to bytes: inout [UInt8]
  ) {
    bytes.appendBigEndian(collection)
    bytes.appendBigEndian(vector)
    bytes.appendBigEndian(offset)
  }

  static func id(_ collection: UInt32, _ id: PointID) -> [UInt8] {
    var key: [UInt8] = []
    key.reserveCapacity(21)
    append(id, of: collection, to: &key)
    return key
  }

  static func append(_ id: PointID, of collection: UInt32, to bytes: inout [UInt8]) {
    bytes.appendBigEndian(collection)
    append(id, to: &bytes)
  }

  /// The first key of a collection, and the first key after it, in any of its families.
  static func range(of collection: UInt32) -> (lower: [UInt8], upper: [UInt8]) {
    var lower: [UInt8] = []
    var upper: [UInt8] = []
    lower.appendBigEndian(collection)
    // Numbers are handed out upward from 1, so the next number always exists.
    upper.appendBigEndian(collection &+ 1)
    return (lower, upper)
  }

  /// The first key of a vector's rows, and the first key after them.
  static func range(
    ofVector vector: UInt16, of collection: UInt32
  ) -> (lower: [UInt8], upper: [UInt8]) {
    let upper =
      vector == .max ? range(of: collection).upper : self.vector(collection, vector + 1, 0)
    return (self.vector(collection, vector, 0), upper)
  }

  static func append(_ id: PointID, to bytes: inout [UInt8]) {
    switch id {
    case .number(let number):
      bytes.append(0)
      bytes.appendBigEndian(number)
    case .uuid(let uuid):
      bytes.append(1)
      bytes.appendBigEndian(uuid.high)
      bytes.appendBigEndian(uuid.low)
    }
  }

  /// Reads an id from the start of `bytes`; `nil` when it is not one.
  static func id(in bytes: UnsafeRawBufferPointer) -> (id: PointID, length: Int)? {
    guard let tag = bytes.first else { return nil }
    switch tag {
    case 0:
      guard let number = bytes.readBigEndian(UInt64.self, at: 1) else { return nil }
      return (.number(number), 9)
    case 1:
      guard let high = bytes.readBigEndian(UInt64.self, at: 1),
        let low = bytes.readBigEndian(UInt64.self, at: 9)
      else { return nil }
      return (.uuid(PointUUID(high: high, low: low)), 17)
    default:
      return nil
    }
  }

  private static func prefixed(_ prefix: [UInt8], _ collection: UInt32) -> [UInt8] {
    var key = prefix
    key.appendBigEndian(collection)
    return key
  }
}
