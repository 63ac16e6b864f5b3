import Storage
import Testing

@Suite struct ScanTests {
  let directory = TemporaryDirectory()

  private func filled() throws -> KeyValueStore {
    let store = try openStore(directory.path)
    var batch = WriteBatch()
    for number in 0..<10 { batch.put(key: key(number), value: text("\(number)"), in: records) }
    try store.write(batch, sync: false)
    return store
  }

  @Test func bounds() throws {
    let store = try filled()
    #expect(try store.numbers(in: records) == Array(0..<10))
    #expect(try store.numbers(in: records, from: key(3), upTo: key(6)) == [3, 4, 5])
    #expect(try store.numbers(in: records, from: key(8)) == [8, 9])
    #expect(try store.numbers(in: records, upTo: key(2)) == [0, 1])
    #expect(try store.numbers(in: records, from: key(5), upTo: key(5)) == [])
    #expect(try store.numbers(in: records, from: key(6), upTo: key(5)) == [])
    #expect(try store.numbers(in: meta) == [])
  }

  @Test func valuesAndTheStateOffAnEntry() throws {
    let store = try filled()
    var entries = try store.scan(
      in: records, from: key(9), upTo: [], fillCache: false)
    #expect(entries.key.isEmpty && entries.value.isEmpty)
    #expect(try entries.next())
    #expect([UInt8](entries.key) == key(9) && [UInt8](entries.value) == text("9"))
    #expect(try !entries.next())
    #expect(entries.key.isEmpty && entries.value.isEmpty)
    #expect(try !entries.next())
  }

  @Test func iteratorSeesTheMomentItWasMade() throws {
    let store = try filled()
    var entries = try store.scan(in: records, from: [], upTo: [])
    var batch = WriteBatch()
    batch.put(key: key(50), value: [1], in: records)
    batch.deleteRange(from: key(0), upTo: key(5), in: records)
    try store.write(batch, sync: false)
    try store.flush()
    var count = 0
    while try entries.next() { count += 1 }
    #expect(count == 10)
    #expect(try store.numbers(in: records) == [5, 6, 7, 8, 9, 50])
  }

  @Test func snapshotsIsolate() throws {
    let store = try filled()
    let snapshot = store.snapshot()
    var batch = WriteBatch()
    batch.put(key: key(1), value: text("changed"), in: records)
    batch.delete(key: key(2), in: records)
    batch.deleteRange(from: key(5), upTo: key(8), in: records)
    batch.put(key: key(77), value: [], in: records)
    try store.write(batch, sync: false)
    try store.flush()
    try store.compactRange(in: records, from: [], upTo: [])
    #expect(try store.numbers(in: records) == [0, 1, 3, 4, 8, 9, 77])
    #expect(try store.numbers(in: records, at: snapshot) == Array(0..<10))
    #expect(try store.get(key(1), in: records, at: snapshot) == text("1"))
    #expect(try store.get(key(1), in: records) == text("changed"))
    #expect(try store.get(key(77), in: records, at: snapshot) == nil)
    var keys = KeyList()
    for number in [2, 6, 77] { keys.append(key(number)) }
    var values: [[UInt8]?] = []
    try store.multiGet(keys, in: records, at: snapshot) { _, value in
      values.append(value.map { [UInt8]($0) })
    }
    #expect(values == [text("2"), text("6"), nil])
  }

  @Test func snapshotIsReleasedWithItsLastReference() throws {
    let store = try openStore(directory.path)
    func write(_ byte: UInt8) throws {
      var batch = WriteBatch()
      for number in 0..<500 {
        batch.put(key: key(number), value: [UInt8](repeating: byte, count: 1_000), in: vectors)
      }
      try store.write(batch, sync: false)
      try store.flush()
      try store.compactRange(in: vectors, from: [], upTo: [])
    }
    func bytes() throws -> UInt64 { try store.approximateBytes(in: vectors, from: [], upTo: []) }
    try write(1)
    let once = try bytes()
    var snapshot: StoreSnapshot? = store.snapshot()
    try write(2)
    #expect(try bytes() > once * 3 / 2)
    #expect(snapshot != nil)
    snapshot = nil
    try write(3)
    #expect(try bytes() < once * 3 / 2)
  }
}
