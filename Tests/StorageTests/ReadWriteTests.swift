import Storage
import Testing

@Suite struct ReadWriteTests {
  let directory = TemporaryDirectory()

  @Test func putGetDelete() throws {
    let store = try openStore(directory.path)
    try store.put(text("a"), text("1"), in: records)
    try store.put(text("empty"), [], in: records)
    #expect(try store.get(text("a"), in: records) == text("1"))
    #expect(try store.get(text("empty"), in: records) == [])
    #expect(try store.get(text("a"), in: meta) == nil)
    #expect(try store.get(text("b"), in: records) == nil)
    var batch = WriteBatch()
    batch.delete(key: text("a"), in: records)
    try store.write(batch, sync: true)
    #expect(try store.get(text("a"), in: records) == nil)
  }

  @Test func rawKeysAndLentValues() throws {
    let store = try openStore(directory.path)
    let floats: [Float] = [1, -2.5, 3]
    var batch = WriteBatch()
    floats.withUnsafeBytes { batch.put(key: key(7), value: $0, in: vectors) }
    try store.write(batch, sync: false)
    let sum = try store.withValue(of: key(7), in: vectors) { bytes throws(StorageError) in
      bytes.map { $0.bindMemory(to: Float.self).reduce(0, +) }
    }
    #expect(sum == 1.5)
    let found = try key(7).withUnsafeBytes { try store.get($0, in: vectors) }
    #expect(found?.count == 12)
    let error = failure { () throws(StorageError) in
      try store.withValue(of: key(7), in: vectors) { _ throws(StorageError) in
        throw StorageError.corruption("as the caller sees it")
      }
    }
    #expect(error == .corruption("as the caller sees it"))
  }

  @Test func valueOfParts() throws {
    let store = try openStore(directory.path)
    var batch = WriteBatch()
    batch.put(key: key(1), in: records) { value in
      value.appendBigEndian(UInt64(9))
      value.append(contentsOf: text("payload"))
    }
    struct Refused: Error {}
    #expect(throws: Refused.self) {
      try batch.put(key: key(2), in: records) { (value: inout [UInt8]) throws(Refused) in
        value.append(1)
        throw Refused()
      }
    }
    batch.put(key: key(3), value: text("z"), in: records)
    #expect(batch.count == 2)
    #expect(batch.byteCount == 4 + 15 + 4 + 1)
    try store.write(batch, sync: false)
    #expect(try store.get(key(1), in: records) == [0, 0, 0, 0, 0, 0, 0, 9] + text("payload"))
    #expect(try store.numbers(in: records) == [1, 3])
  }

  @Test func batchesApplyInOrderAndAcrossFamilies() throws {
    let store = try openStore(directory.path)
    var batch = WriteBatch()
    batch.put(key: key(1), value: text("old"), in: records)
    batch.put(key: key(1), value: text("new"), in: records)
    batch.put(key: key(1), value: text("m"), in: meta)
    batch.put(key: key(2), value: text("x"), in: records)
    batch.delete(key: key(2), in: records)
    try store.write(batch, sync: false)
    #expect(try store.get(key(1), in: records) == text("new"))
    #expect(try store.get(key(1), in: meta) == text("m"))
    #expect(try store.get(key(2), in: records) == nil)
    batch.clear()
    #expect(batch.isEmpty && batch.byteCount == 0)
    for number in 10..<20 { batch.put(key: key(number), value: [1], in: lookup) }
    batch.deleteRange(from: key(12), upTo: key(15), in: lookup)
    batch.deleteRange(from: key(19), upTo: key(19), in: lookup)
    batch.deleteRange(from: key(10), upTo: [], in: lookup)
    try store.write(batch, sync: false)
    #expect(try store.numbers(in: lookup) == [10, 11, 15, 16, 17, 18, 19])
  }

  @Test func batchWithUnknownFamilyChangesNothing() throws {
    let store = try openStore(directory.path)
    var batch = WriteBatch()
    batch.put(key: key(1), value: [1], in: records)
    batch.put(key: key(1), value: [1], in: ColumnFamily(name: "absent", profile: .small))
    #expect(
      failure { () throws(StorageError) in try store.write(batch, sync: true) }
        == .unknownColumnFamily("absent"))
    #expect(try store.get(key(1), in: records) == nil)
    #expect(store.failure == nil)
  }

  @Test(arguments: [false, true]) func multiGet(flushed: Bool) throws {
    let store = try openStore(directory.path)
    var batch = WriteBatch()
    for number in 0..<2_500 where number % 3 != 0 {
      batch.put(key: key(number), value: text("v\(number)"), in: records)
    }
    try store.write(batch, sync: false)
    if flushed { try store.flush() }
    var keys = KeyList(width: 4, capacity: 2_500)
    for number in (0..<2_500) { keys.append { $0.appendBigEndian(UInt32(number)) } }
    var seen: [Int] = []
    var wrong = 0
    try store.multiGet(keys, in: records) { index, value in
      seen.append(index)
      let expected = index % 3 == 0 ? nil : text("v\(index)")
      if value.map({ [UInt8]($0) }) != expected { wrong += 1 }
    }
    #expect(seen == Array(0..<2_500))
    #expect(wrong == 0)
  }

  @Test func multiGetOfOddLists() throws {
    let store = try openStore(directory.path)
    try store.put(text("long key"), text("1"), in: records)
    try store.put([], text("of the empty key"), in: records)
    try store.multiGet(KeyList(), in: records) { _, _ in Issue.record("no key, no call") }
    var keys = KeyList()
    keys.append(text("long key"))
    keys.append([])
    keys.append(text("x"))
    keys.append(text("long key"))
    #expect(keys.count == 4 && keys[3] == text("long key") && keys[1].isEmpty)
    var values: [[UInt8]?] = []
    try store.multiGet(keys, in: records) { _, value in values.append(value.map { [UInt8]($0) }) }
    #expect(values == [text("1"), text("of the empty key"), nil, text("1")])
    var calls = 0
    let error = failure { () throws(StorageError) in
      try store.multiGet(keys, in: records) { _, _ throws(StorageError) in
        calls += 1
        throw StorageError.io("stop")
      }
    }
    #expect(error == .io("stop") && calls == 1)
  }

  @Test func largeValues() throws {
    let large = (0..<8 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    do {
      let store = try openStore(directory.path)
      try store.put(key(1), large, in: records, sync: true)
      try store.put(key(1), large, in: vectors, sync: true)
      #expect(try store.get(key(1), in: vectors) == large)
      store.close()
    }
    let store = try openStore(directory.path)
    #expect(try store.get(key(1), in: records) == large)
    #expect(try store.get(key(1), in: vectors) == large)
  }

  @Test func bigEndianIntegers() {
    var bytes: [UInt8] = [0xAA]
    bytes.appendBigEndian(UInt32(0x0102_0304))
    bytes.appendBigEndian(UInt64.max - 1)
    bytes.withUnsafeBytes { raw in
      #expect(raw.readBigEndian(UInt32.self, at: 1) == 0x0102_0304)
      #expect(raw.readBigEndian(UInt64.self, at: 5) == UInt64.max - 1)
      #expect(raw.readBigEndian(UInt64.self, at: 6) == nil)
      #expect(raw.readBigEndian(UInt32.self, at: -1) == nil)
      #expect(raw.readBigEndian(UInt32.self, at: .max) == nil)
      #expect(raw.readBigEndian(UInt8.self, at: 13) == nil)
    }
  }
}
