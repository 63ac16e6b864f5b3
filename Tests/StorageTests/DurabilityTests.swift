import Glibc
import Storage
import Testing

@Suite struct DurabilityTests {
  let directory = TemporaryDirectory()

  private func value(_ number: Int) -> [UInt8] {
    (0..<1_000).map { UInt8(truncatingIfNeeded: number &* 131 &+ $0 &* 17) }
  }

  /// The directory of a store as a crash would leave it, after 200 synced batches of two entries.
  private func crashed() throws -> String {
    let store = try openStore(directory.path + "/store")
    for number in 0..<200 {
      var batch = WriteBatch()
      batch.put(key: key(number), value: value(number), in: records)
      batch.put(key: key(number), value: text("\(number)"), in: meta)
      try store.write(batch, sync: true)
    }
    let copy = directory.path + "/copy"
    TemporaryDirectory.copy(directory.path + "/store", to: copy)
    return copy
  }

  @Test func syncedWritesAreInTheLog() throws {
    let store = try openStore(try crashed())
    #expect(try store.numbers(in: records) == Array(0..<200))
    #expect(try store.get(key(199), in: records) == value(199))
  }

  /// As a power cut leaves it that took the mark as well, or a store of an earlier release.
  @Test func tornTailLeavesACleanPrefix() throws {
    let path = try crashed()
    unlink(path + "/SYNCED")
    let log = try #require(TemporaryDirectory.logs(path).last)
    let whole = TemporaryDirectory.read(log)
    var shortest = 200
    for cut in [1, 500, 1_100, 40_000, whole.count - 10] {
      let torn = "\(directory.path)/torn-\(cut)"
      TemporaryDirectory.copy(path, to: torn)
      TemporaryDirectory.write(
        Array(whole.dropLast(cut)), to: torn + "/" + log.split(separator: "/").last!)
      let store = try openStore(torn)
      let found = try store.numbers(in: records)
      #expect(found == Array(0..<found.count))
      #expect(try store.numbers(in: meta) == found, "batches are whole")
      for number in found { #expect(try store.get(key(number), in: records) == value(number)) }
      #expect(found.count < shortest || cut == 500)
      shortest = found.count
    }
    #expect(shortest == 0)
  }

  @Test func damageInTheMiddleOfTheLogIsNeverSilent() throws {
    let path = try crashed()
    let log = try #require(TemporaryDirectory.logs(path).last)
    let whole = TemporaryDirectory.read(log)
    for place in [whole.count / 10, whole.count / 4, whole.count / 2, whole.count * 3 / 4] {
      let damaged = "\(directory.path)/damaged-\(place)"
      TemporaryDirectory.copy(path, to: damaged)
      var bytes = whole
      bytes[place] ^= 0x10
      TemporaryDirectory.write(bytes, to: damaged + "/" + log.split(separator: "/").last!)
      let error = failure { () throws(StorageError) in _ = try openStore(damaged) }
      #expect(error?.isCorruption == true, "byte \(place): \(String(describing: error))")
    }
  }

  @Test func damagedTableIsReported() throws {
    do {
      let store = try openStore(directory.path)
      for number in 0..<200 { try store.put(key(number), value(number), in: vectors) }
    }
    let table = try #require(
      TemporaryDirectory.names(directory.path).filter { $0.hasSuffix(".sst") }
        .map { directory.path + "/" + $0 }.max { fileSize($0) < fileSize($1) })
    var bytes = TemporaryDirectory.read(table)
    bytes[bytes.count / 2] ^= 1
    TemporaryDirectory.write(bytes, to: table)
    let store = try openStore(directory.path)
    let scanned = failure { () throws(StorageError) in _ = try store.numbers(in: vectors) }
    #expect(scanned?.isCorruption == true)
    var keys = KeyList(width: 4)
    for number in 0..<200 { keys.append(key(number)) }
    let got = failure { () throws(StorageError) in
      try store.multiGet(keys, in: vectors) { _, value throws(StorageError) in
        if value == nil { throw StorageError.io("a damaged value looks absent") }
      }
    }
    #expect(got?.isCorruption == true)
  }

  @Test func missingCurrentFileIsNotAnEmptyStore() throws {
    do {
      let store = try openStore(directory.path)
      try store.put(key(1), [1], in: records)
    }
    unlink(directory.path + "/CURRENT")
    let before = TemporaryDirectory.names(directory.path)
    let error = failure { () throws(StorageError) in _ = try openStore(directory.path) }
    #expect(error?.isCorruption == true)
    #expect(TemporaryDirectory.names(directory.path) == before)
  }

  /// Later logs are links that lead nowhere, so that the write which needs a new log fails.
  @Test func failedWriteEndsWriting() throws {
    let path = directory.path
    var acknowledged = 0
    do {
      let store = try openStore(path)
      try store.put(key(0), text("first"), in: meta, sync: true)
      let newest = TemporaryDirectory.names(path).compactMap { Int($0.prefix { $0.isNumber }) }
      for number in 1...20 {
        let name = String((newest.max() ?? 0) + number)
        let padding = String(repeating: "0", count: 6 - name.count)
        symlink("/nowhere/at/all", "\(path)/\(padding)\(name).log")
      }
      var first: StorageError?
      while first == nil, acknowledged < 100 {
        first = failure { () throws(StorageError) in
          try store.put(
            key(acknowledged + 1), [UInt8](repeating: 5, count: 2_000_000), in: meta, sync: true)
        }
        if first == nil { acknowledged += 1 }
      }
      // The flush that failed was the store's own affair: the next write is told of it.
      #expect(first?.isFailed == true)
      #expect(acknowledged > 0)
      #expect(store.failure != nil)
      for sync in [true, false] {
        let later = failure { () throws(StorageError) in
          try store.put(key(999), text("refused"), in: records, sync: sync)
        }
        #expect(later?.isFailed == true)
      }
      #expect(failure { () throws(StorageError) in try store.syncLog() }?.isFailed == true)
      #expect(failure { () throws(StorageError) in try store.flush() }?.isFailed == true)
      #expect(try store.get(key(0), in: meta) == text("first"))
    }
    for log in TemporaryDirectory.logs(path) where access(log, F_OK) != 0 { unlink(log) }
    let store = try openStore(path)
    #expect(try store.numbers(in: meta) == Array(0...acknowledged))
    #expect(try store.numbers(in: records) == [])
    try store.put(key(4), [], in: records, sync: true)
  }

  private func fileSize(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
