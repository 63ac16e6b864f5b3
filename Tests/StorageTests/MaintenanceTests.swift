import Storage
import Testing

@Suite struct MaintenanceTests {
  let directory = TemporaryDirectory()

  @Test func checkpointIsAStoreOfItsOwn() throws {
    let store = try openStore(directory.path + "/store")
    try store.put(key(1), text("one"), in: records, sync: false)
    let copy = directory.path + "/checkpoint"
    try store.checkpoint(at: copy)
    try store.put(key(2), text("two"), in: records, sync: true)
    let other = try openStore(copy)
    #expect(try other.numbers(in: records) == [1])
    try other.put(key(3), text("three"), in: records)
    #expect(try store.numbers(in: records) == [1, 2])
    #expect(failure { () throws(StorageError) in try store.checkpoint(at: copy) } != nil)
    #expect(store.failure == nil)
  }

  @Test func deletingFilesSparesTheExclusiveEnd() throws {
    let store = try openStore(directory.path)
    // One file holds 0...5 and another 6...9; both lie at the last level.
    for range in [0..<6, 6..<10] {
      var batch = WriteBatch()
      for number in range { batch.put(key: key(number), value: text("v"), in: vectors) }
      try store.write(batch, sync: false)
      try store.flush()
      try store.compactRange(in: vectors, from: key(range.lowerBound), upTo: key(range.upperBound))
    }
    #expect(try store.numbers(in: vectors).count == 10)
    try store.deleteFilesInRange(in: vectors, from: key(0), upTo: key(5))
    #expect(try store.numbers(in: vectors).count == 10)
    try store.deleteFilesInRange(in: vectors, from: key(5), upTo: key(0))
    try store.deleteFilesInRange(in: vectors, from: key(0), upTo: key(6))
    #expect(try store.numbers(in: vectors) == [6, 7, 8, 9])
    try store.deleteFilesInRange(in: vectors, from: [], upTo: [])
    #expect(try store.numbers(in: vectors) == [])
  }

  @Test func sizesAndMemory() throws {
    let store = try openStore(directory.path)
    var batch = WriteBatch()
    for number in 0..<1_000 {
      batch.put(key: key(number), value: [UInt8](repeating: 1, count: 1_000), in: vectors)
    }
    try store.write(batch, sync: false)
    #expect(try store.memory().writeBuffers > 1_000_000)
    try store.flush()
    let all = try store.approximateBytes(in: vectors, from: [], upTo: [])
    let half = try store.approximateBytes(in: vectors, from: key(0), upTo: key(500))
    #expect(all > 900_000 && all < 1_300_000)
    #expect(half > all / 4 && half < all * 3 / 4)
    #expect(try store.approximateBytes(in: vectors, from: key(5), upTo: key(5)) == 0)
    #expect(try store.numbers(in: vectors).count == 1_000)
    let memory = try store.memory()
    #expect(memory.blockCacheCapacity == 64 << 20)
    #expect(memory.blockCache > 900_000)
    #expect(memory.writeBuffers < 500_000)
  }

  @Test func compactionRemovesDeletedRanges() throws {
    let store = try openStore(directory.path)
    var batch = WriteBatch()
    for number in 0..<2_000 {
      batch.put(key: key(number), value: [UInt8](repeating: 1, count: 500), in: vectors)
    }
    try store.write(batch, sync: false)
    try store.flush()
    let before = try store.approximateBytes(in: vectors, from: [], upTo: [])
    batch.clear()
    batch.deleteRange(from: key(0), upTo: key(1_900), in: vectors)
    try store.write(batch, sync: false)
    try store.flush()
    try store.compactRange(in: vectors, from: [], upTo: [])
    let after = try store.approximateBytes(in: vectors, from: [], upTo: [])
    #expect(after < before / 10)
    #expect(try store.numbers(in: vectors) == Array(1_900..<2_000))
  }
}
