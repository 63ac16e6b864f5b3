import Glibc
import Storage
import Testing

/// What was synced is missed when it is gone, and nothing else is.
@Suite struct SyncedMarkTests {
  let directory = TemporaryDirectory()
  private static let batches = 200

  private func value(_ number: Int) -> [UInt8] {
    (0..<1_000).map { UInt8(truncatingIfNeeded: number &* 131 &+ $0 &* 17) }
  }

  /// What a crash leaves after synced batches of two changes; the first half is in tables.
  private func crashed(sync: Bool = true) throws -> String {
    let store = try openStore(directory.path + "/store")
    for number in 0..<Self.batches {
      var batch = WriteBatch()
      batch.put(key: key(number), value: value(number), in: records)
      batch.put(key: key(number), value: text("\(number)"), in: meta)
      try store.write(batch, sync: sync)
      if number == Self.batches / 2 { try store.flush() }
    }
    let copy = directory.path + "/copy"
    TemporaryDirectory.copy(directory.path + "/store", to: copy)
    return copy
  }

  private func mark(_ path: String) throws -> SyncedMark {
    try #require(SyncedMark.newest(in: path + "/SYNCED"))
  }

  /// Notes the same as another run of the operating system would have.
  private func pretendPowerLoss(_ path: String, sequence: UInt64? = nil) throws {
    var mark = try mark(path)
    mark.boot &+= 1
    if let sequence { mark.sequence = sequence }
    TemporaryDirectory.write(mark.encoded, to: path + "/SYNCED")
  }

  private func open(_ path: String) -> StorageError? {
    failure { () throws(StorageError) in _ = try openStore(path) }
  }

  private func newest(_ path: String, suffix: String = ".log", prefix: String = "") -> String {
    path + "/"
      + (TemporaryDirectory.names(path).last { $0.hasSuffix(suffix) && $0.hasPrefix(prefix) } ?? "")
  }

  @Test func everyWriteIsNoted() throws {
    let path = try crashed()
    #expect(try mark(path).sequence == UInt64(2 * Self.batches))
    #expect(try openStore(path).numbers(in: records) == Array(0..<Self.batches))
    #expect(try mark(path).sequence == UInt64(2 * Self.batches))
  }

  @Test(arguments: [1, 500, 40_000]) func aLogShorterThanWhatWasSyncedIsRefused(cut: Int) throws {
    let path = try crashed()
    let log = newest(path)
    let whole = TemporaryDirectory.read(log)
    TemporaryDirectory.write(Array(whole.dropLast(cut)), to: log)
    #expect(open(path)?.isCorruption == true)
    #expect(TemporaryDirectory.read(log).count == whole.count - cut, "nothing is changed")
    try pretendPowerLoss(path)
    #expect(open(path)?.isCorruption == true)
    // What was not synced may go with the power.
    try pretendPowerLoss(path, sequence: UInt64(Self.batches))
    #expect(open(path) == nil)
  }

  @Test func aDamagedLengthInTheLastBlockIsRefused() throws {
    let path = try crashed()
    let log = newest(path)
    var bytes = TemporaryDirectory.read(log)
    let block = (bytes.count - 1) / 32_768 * 32_768
    // The first fragment of a block begins with it.
    bytes[block + 5] = 0x7f
    TemporaryDirectory.write(bytes, to: log)
    #expect(open(path)?.isCorruption == true)
  }

  @Test func aMissingLogIsRefused() throws {
    let path = try crashed()
    unlink(newest(path))
    #expect(open(path)?.isCorruption == true)
    unlink(path + "/SYNCED")
    #expect(open(path) == nil)
  }

  @Test(arguments: [1, 30, 300]) func aTornManifestIsRefused(cut: Int) throws {
    let path = try crashed()
    let manifest = newest(path, suffix: "", prefix: "MANIFEST-")
    let whole = TemporaryDirectory.read(manifest)
    TemporaryDirectory.write(Array(whole.dropLast(cut)), to: manifest)
    #expect(open(path)?.isCorruption == true)
    let zeroed = Array(whole.dropLast(cut)) + [UInt8](repeating: 0, count: cut)
    TemporaryDirectory.write(zeroed, to: manifest)
    // The last byte may have been a zero.
    #expect(open(path)?.isCorruption == (zeroed == whole ? nil : true))
    TemporaryDirectory.write(whole, to: manifest)
    #expect(open(path) == nil)
  }

  /// A page that a power cut left empty in the middle of what was not synced.
  @Test func aHoleIsCutOffWhenNothingBehindItWasSynced() throws {
    let path = try crashed(sync: false)
    let log = newest(path)
    var bytes = TemporaryDirectory.read(log)
    for place in 40_960..<45_056 { bytes[place] = 0 }
    TemporaryDirectory.write(bytes, to: log)
    let synced = try mark(path).sequence
    #expect(synced < 2 * 110)
    // Without a power cut it is damage.
    let untouched = directory.path + "/untouched"
    TemporaryDirectory.copy(path, to: untouched)
    #expect(open(untouched)?.isCorruption == true)
    try pretendPowerLoss(path)
    let store = try openStore(path)
    let found = try store.numbers(in: records)
    #expect(found == Array(0..<found.count))
    #expect(found.count > 110 && found.count < 150)
    #expect(try store.numbers(in: meta) == found)
    try store.put(key(found.count), value(found.count), in: records, sync: true)
    store.close()
    #expect(try openStore(path).numbers(in: records).count == found.count + 1)
  }

  /// A run that opened a killed store and lost its power before it could take a mark: what it found
  /// unsynced in the log, and put into tables, is missing in the log that is left.
  @Test func anOldMarkDoesNotMissWhatWentFromTheLogIntoTables() throws {
    let (synced, killed) = (directory.path + "/synced", directory.path + "/killed")
    do {
      let store = try openStore(directory.path + "/store")
      for number in 0..<10 { try store.put(key(number), value(number), in: records, sync: true) }
      TemporaryDirectory.copy(directory.path + "/store", to: synced)
      try store.put(key(10), value(10), in: records)
      TemporaryDirectory.copy(directory.path + "/store", to: killed)
    }
    let opened = try openStore(killed)
    try opened.put(key(11), value(11), in: records, sync: true)
    let image = directory.path + "/image"
    TemporaryDirectory.copy(killed, to: image)
    for name in [String(newest(synced).split(separator: "/").last ?? ""), "SYNCED"] {
      TemporaryDirectory.write(
        TemporaryDirectory.read(synced + "/" + name), to: image + "/" + name)
    }
    #expect(try openStore(image).numbers(in: records) == Array(0...11))
  }

  /// Zeros from the beginning of a record to the end of its block: RocksDB skips them silently.
  @Test func zerosInPlaceOfRecordsAreRefused() throws {
    let path = try crashed()
    let log = newest(path)
    var bytes = TemporaryDirectory.read(log)
    for place in 32_768..<65_536 { bytes[place] = 0 }
    TemporaryDirectory.write(bytes, to: log)
    #expect(open(path)?.isCorruption == true)
  }

  @Test func damageToTheMarkItselfIsForgiven() throws {
    for damage in 0..<4 {
      let path = "\(directory.path)/\(damage)"
      let store = try openStore(path + "-store")
      try store.put(key(1), text("one"), in: records, sync: true)
      TemporaryDirectory.copy(path + "-store", to: path)
      var bytes = TemporaryDirectory.read(path + "/SYNCED")
      switch damage {
      case 0: bytes = []
      case 1: bytes.removeLast(5)
      case 2: bytes[bytes.count - 20] ^= 4
      default: bytes = [UInt8](repeating: 0, count: bytes.count)
      }
      TemporaryDirectory.write(bytes, to: path + "/SYNCED")
      #expect(try openStore(path).numbers(in: records) == [1])
    }
  }

  @Test func theFileStaysSmall() throws {
    let store = try openStore(directory.path)
    for number in 0..<5_000 { try store.put(key(number), [1], in: meta, sync: true) }
    #expect(TemporaryDirectory.read(directory.path + "/SYNCED").count <= 2048 * 48)
    #expect(try mark(directory.path).sequence == 5_000)
  }

  /// Compactions yield to everybody else.
  @Test func compactionsRunAtLowPriority() throws {
    let store = try openStore(directory.path)
    for round in 0..<2 {
      for number in 0..<50 { try store.put(key(number), value(number + round), in: records) }
      try store.flush()
    }
    try store.compactRange(in: records, from: [], upTo: [])
    var nices: [String: Int32] = [:]
    for task in TemporaryDirectory.names("/proc/self/task") {
      let name = String(
        decoding: TemporaryDirectory.read("/proc/self/task/\(task)/comm"), as: UTF8.self)
      guard name.hasPrefix("rocksdb:"), let id = UInt32(task) else { continue }
      nices[name] = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), id)
    }
    #expect(nices["rocksdb:low\n"] == 19, "\(nices)")
    #expect(nices["rocksdb:high\n"] ?? 0 == 0, "\(nices)")
  }
}
