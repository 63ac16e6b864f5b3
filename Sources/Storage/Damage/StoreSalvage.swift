import CRocksDB
import FileMapping
import Glibc

/// Opens what is left of a damaged store, in a directory beside it; the damaged one stays as it is.
///
/// Tables are linked, not copied. The logs are read by a reader of our own, which goes on behind
/// what is damaged.
public struct StoreSalvage {
  /// What was found out about a damaged store.
  public struct Report: Sendable, Equatable {
    /// Why the manifest could not be used, so that tables were gathered without it.
    public var manifestProblem: String?
    /// Records of the logs that were read.
    public var recordsRead = 0
    /// Places in the logs that could not be read.
    public var gaps = 0
    /// Changes that are missing between records that were read, and at the end, as far as it is
    /// known how many were on disk.
    public var changesLost: UInt64 = 0
    /// Tables that could not be used at all.
    public var tablesLost = 0

    /// A report of nothing lost.
    public init() {}
  }

  private let source: StoreDirectory
  private let target: StoreDirectory
  private let families: [ColumnFamily]

  /// - Parameters:
  ///   - path: the damaged store, which nobody may have open.
  ///   - scratch: a directory on the same file system, which must not exist.
  ///   - families: the column families, in the order in which they were created.
  public init(path: String, scratch: String, families: [ColumnFamily]) {
    source = StoreDirectory(path: path)
    target = StoreDirectory(path: scratch)
    self.families = families
  }

  /// Opens what is left.
  ///
  /// - Throws: `corruption` when there is nothing to open.
  public func open() throws(StorageError) -> (store: KeyValueStore, report: Report) {
    var report = Report()
    try link()
    let oldestLog: UInt64
    do throws(StorageError) {
      try StoreInspection(source).checkManifest()
      oldestLog = try oldestNeededLog()
    } catch {
      report.manifestProblem = error.description
      oldestLog = 0
      try gatherTables(&report)
    }
    // Before the store is opened, which begins a manifest of its own.
    let numbers = familyNumbers()
    let store = try KeyValueStore(path: target.path, columnFamilies: families)
    try replay(from: oldestLog, numbers, into: store, &report)
    try store.flush()
    return (store, report)
  }

  /// Links the tables and copies what names them; logs are left out.
  private func link() throws(StorageError) {
    try target.create()
    for name in try source.entries() {
      let from = source.path + "/" + name
      let to = target.path + "/" + name
      if name.hasSuffix(".sst") {
        guard Glibc.link(from, to) == 0 else { throw .io("\(to) can't be linked") }
      } else if name == "CURRENT" || name.hasPrefix("MANIFEST-") {
        try copy(from, to)
      }
    }
    DamageNote(directory: target.path).write()
  }

  private func copy(_ from: String, _ to: String) throws(StorageError) {
    guard let file = try? MappedFile(path: from) else { throw .io("\(from) can't be read") }
    let descriptor = Glibc.open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .io("\(to) can't be written") }
    defer { close(descriptor) }
    guard write(descriptor, file.bytes.baseAddress, file.bytes.count) == file.bytes.count
    else { throw .io("\(to) can't be written") }
  }

  /// The oldest log that holds what is in no table, by the manifest.
  private func oldestNeededLog() throws(StorageError) -> UInt64 {
    guard try target.holdsDatabase() else {
      throw .corruption("\(source.path) holds no manifest")
    }
    let database = try OpenDatabase.open(
      target, families, StoreOptions(), isNew: false, isReadOnly: true)
    defer { database.close() }
    return database.oldestNeededLog
  }

  /// Has RocksDB make a manifest of the tables that are there.
  private func gatherTables(_ report: inout Report) throws(StorageError) {
    for name in try target.entries() where name == "CURRENT" || name.hasPrefix("MANIFEST-") {
      unlink(target.path + "/" + name)
    }
    guard let settings = RocksDBSettings(StoreOptions(), isNew: true, compacts: false) else {
      throw .io("RocksDB could not allocate its options")
    }
    var slot: UnsafeMutablePointer<CChar>?
    rocksdb_repair_db(settings.database, target.path, &slot)
    if let message = takeMessage(&slot) { throw StorageError(status: message, path: target.path) }
    let lost = try? StoreDirectory(path: target.path + "/lost").entries()
    report.tablesLost = lost?.count { $0.hasSuffix(".sst") } ?? 0
  }

  /// The families by their numbers in logs.
  private func familyNumbers() -> [UInt32: ColumnFamily] {
    var names: [UInt32: String] = [:]
    if let number = source.currentManifest(),
      let file = try? MappedFile(path: source.path(ofManifest: number))
    {
      names = ManifestFamilies(file.bytes).names
    }
    // A manifest that is cut off may name only some. Numbers are given in the order in which
    // families are created.
    let named = Set(names.values)
    for (index, family) in families.enumerated() where !named.contains(family.name) {
      if names[UInt32(index + 1)] == nil { names[UInt32(index + 1)] = family.name }
    }
    return names.compactMapValues { name in families.first { $0.name == name } }
  }

  private func replay(
    from oldest: UInt64, _ numbers: [UInt32: ColumnFamily], into store: KeyValueStore,
    _ report: inout Report
  ) throws(StorageError) {
    var next: UInt64?
    for number in try source.logNumbers() where number >= oldest {
      guard let file = try? MappedFile(path: source.path(ofLog: number)) else {
        report.gaps += 1
        continue
      }
      var reader = LogReader(file.bytes, verifies: true)
      while let fragments = reader.next() {
        if reader.skipped { report.gaps += 1 }
        let bytes = Array(fragments.joined())
        guard bytes.count >= 12 else { continue }
        let sequence = LogSequence.number(bytes[..<8])
        if let next, sequence > next { report.changesLost += sequence - next }
        var logged = LoggedBatch(bytes)
        var batch = WriteBatch()
        guard let leftOut = logged.append(to: &batch, families: numbers) else {
          report.gaps += 1
          continue
        }
        report.changesLost += UInt64(leftOut)
        try store.write(batch, sync: false)
        report.recordsRead += 1
        next = max(next ?? 0, sequence &+ LogSequence.number(bytes[8..<12]))
      }
      if reader.skipped || reader.end == .torn { report.gaps += 1 }
    }
    let mark = SyncedMark.newest(in: source.path + "/" + SyncedMarkFile.name)
    if let mark, let next, next <= mark.sequence { report.changesLost += mark.sequence + 1 - next }
  }
}
