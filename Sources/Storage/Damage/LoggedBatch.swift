/// The changes in one record of a write-ahead log: its first number (u64) and how many there are
/// (u32), then for each a tag, a family's number where it is not the first one, and byte strings
/// behind their lengths.
struct LoggedBatch {
  private static let headerBytes = 12

  private let bytes: [UInt8]
  private var position = headerBytes

  /// Takes the bytes of a record, put together.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Adds the changes to a batch; those to families without a name are left out.
  ///
  /// - Returns: how many were left out; `nil` when the record can't be understood, in which case
  ///   the batch holds half of it.
  mutating func append(to batch: inout WriteBatch, families: [UInt32: ColumnFamily]) -> Int? {
    var leftOut = 0
    while position < bytes.count {
      let tag = bytes[position]
      position += 1
      var family: UInt32 = 0
      switch tag {
      // Changes to a family that is not the first one.
      case 0x4, 0x5, 0xE:
        guard let number = varint() else { return nil }
        family = number
      case 0x0, 0x1, 0xF: break
      // Nothing.
      case 0xD: continue
      default: return nil
      }
      guard let key = string() else { return nil }
      var value: ArraySlice<UInt8> = []
      let hasValue = tag != 0x0 && tag != 0x4
      if hasValue {
        guard let string = string() else { return nil }
        value = string
      }
      guard let target = families[family] else {
        leftOut += 1
        continue
      }
      switch tag {
      case 0x0, 0x4: batch.delete(key: Array(key), in: target)
      case 0x1, 0x5: batch.put(key: Array(key), value: Array(value), in: target)
      default: batch.deleteRange(from: Array(key), upTo: Array(value), in: target)
      }
    }
    return leftOut
  }

  private mutating func string() -> ArraySlice<UInt8>? {
    guard let count = varint(), Int(count) <= bytes.count - position else { return nil }
    defer { position += Int(count) }
    return bytes[position..<position + Int(count)]
  }

  private mutating func varint() -> UInt32? {
    Self.varint(bytes, &position).flatMap { UInt32(exactly: $0) }
  }

  /// Reads a number of seven bits a byte, the least significant first.
  static func varint(_ bytes: [UInt8], _ position: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard position < bytes.count else { return nil }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}

/// The numbers that column families have in logs, as a manifest tells them.
struct ManifestFamilies {
  /// The names by number.
  private(set) var names: [UInt32: String] = [0: "default"]

  /// Reads what can be read of a manifest: families are near its beginning.
  init(_ bytes: UnsafeRawBufferPointer) {
    var reader = LogReader(bytes, verifies: true)
    while let fragments = reader.next() {
      if let (number, name) = Self.addedFamily(Array(fragments.joined())) { names[number] = name }
    }
  }

  /// The family that an edit adds, for edits that do nothing else.
  private static func addedFamily(_ edit: [UInt8]) -> (UInt32, String)? {
    var position = 0
    var number: UInt32 = 0
    var name: String?
    while position < edit.count {
      guard let tag = LoggedBatch.varint(edit, &position),
        let value = LoggedBatch.varint(edit, &position)
      else { return nil }
      switch tag {
      // Numbers: of a log, the next file, the last change, an earlier log, the oldest log, the
      // greatest family.
      case 2, 3, 4, 9, 10, 203: continue
      case 200: number = UInt32(clamping: value)
      // Names: of the order of keys, and of the family.
      case 1, 201:
        guard value <= UInt64(edit.count - position) else { return nil }
        let end = position + Int(value)
        if tag == 201 { name = String(decoding: edit[position..<end], as: UTF8.self) }
        position = end
      default: return nil
      }
    }
    return name.map { (number, $0) }
  }
}
