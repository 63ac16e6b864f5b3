import Glibc
import PointModel
import Storage

extension Database {
  /// Saves what can be read of a data directory that does not open, or in which collections are
  /// quarantined, and puts it in the place of what was there. Blocking.
  ///
  /// Nothing is deleted: the damaged files move into a folder `damaged-…` inside the directory. A
  /// repair that is interrupted leaves the directory as it was, or is finished by the next one. It
  /// needs as much free space as the data take.
  ///
  /// - Returns: what was saved and what is lost.
  /// - Throws: ``DatabaseError/damaged(_:)`` when there is nothing to save,
  ///   ``DatabaseError/inUse(path:)``, ``DatabaseError/newerFormat(found:supported:)``.
  public static func repair(at path: String) throws(DatabaseError) -> RepairReport {
    try DatabaseRepair(path: path).run()
  }
}

/// The steps of a repair.
private struct DatabaseRepair {
  let path: String

  func run() throws(DatabaseError) -> RepairReport {
    guard access(path + "/.", F_OK) == 0 else { throw .notWritable("there is no \(path)") }
    let lock = try DirectoryLock(path)
    defer { lock.release() }
    let swap = RepairSwap(path: path)
    do {
      var report = RepairReport()
      var damaged = swap.begun() ?? ""
      if damaged.isEmpty {
        RepairSwap.remove(scratch)
        try SnapshotFile.createDirectory(scratch)
        report = try salvage()
        damaged = RepairSwap.damagedPrefix + SnapshotFolder.timestamp()
        try swap.begin(damaged: damaged)
      } else {
        report.isContinuation = true
      }
      try swap.finish(damaged: damaged)
      report.damagedFiles = path + "/" + damaged
      return report
    } catch {
      if swap.begun() == nil { RepairSwap.remove(scratch) }
      throw DatabaseError(opening: error)
    }
  }

  private var scratch: String { path + "/" + RepairSwap.scratch }

  private func salvage() throws -> RepairReport {
    var report = RepairReport()
    let (source, storeReport) = try StoreSalvage(
      path: path, scratch: scratch + "/salvaged", families: KeyLayout.families
    ).open()
    defer { source.close() }
    report.store = storeReport
    guard try source.get(KeyLayout.formatKey, in: KeyLayout.meta) != nil else {
      throw DatabaseError.damaged("there is nothing to save: not even the format number is left")
    }
    try CatalogLoader.checkFormat(source)
    let target = try KeyValueStore(
      path: scratch + "/repaired", columnFamilies: KeyLayout.families)
    defer { target.close() }
    let catalogue = try copyCatalogue(source, target)
    for (number, entry) in catalogue.entries.sorted(by: { $0.key < $1.key }) {
      report.collections.append(
        try CollectionSalvage(source: source, target: target, number: number, entry: entry).run())
    }
    report.namelessCollections = catalogue.counted.subtracting(catalogue.entries.keys).sorted()
    let others = KeyLayout.families.filter { family in
      family != KeyLayout.meta && !KeyLayout.pointFamilies.contains(family)
    }
    for family in others { try copy(family, source, target) }
    try target.flush()
    return report
  }

  private struct Catalogue {
    var entries: [UInt32: CatalogEntry] = [:]
    /// Numbers of collections that have counters.
    var counted: Set<UInt32> = []
  }

  /// Copies what `meta` holds beside the collections' own records, which follow with their points.
  private func copyCatalogue(
    _ source: KeyValueStore, _ target: KeyValueStore
  ) throws -> Catalogue {
    var catalogue = Catalogue()
    var batch = WriteBatch()
    _ = source.salvage(in: KeyLayout.meta, from: [], upTo: []) { key, value in
      if let number = Self.number(key, behind: KeyLayout.catalogPrefix) {
        if let entry = try? CatalogEntry(Array(value)) { catalogue.entries[number] = entry }
      } else if let number = Self.number(key, behind: KeyLayout.countersPrefix) {
        catalogue.counted.insert(number)
      } else if Self.number(key, behind: KeyLayout.droppedPrefix) == nil {
        batch.put(key: key, value: value, in: KeyLayout.meta)
      }
    }
    let stored = try source.get(KeyLayout.nextCollectionKey, in: KeyLayout.meta)
    let next = stored?.withUnsafeBytes { $0.readBigEndian(UInt32.self) } ?? 1
    let greatest = catalogue.counted.union(catalogue.entries.keys).max() ?? 0
    var number: [UInt8] = []
    number.appendBigEndian(max(next, greatest + 1))
    batch.put(key: KeyLayout.nextCollectionKey, value: number, in: KeyLayout.meta)
    try target.write(batch, sync: false)
    return catalogue
  }

  private func copy(
    _ family: ColumnFamily, _ source: KeyValueStore, _ target: KeyValueStore
  ) throws {
    var batch = WriteBatch()
    _ = try source.salvage(in: family, from: [], upTo: []) { key, value in
      batch.put(key: key, value: value, in: family)
      if batch.byteCount < 4 << 20 { return }
      try target.write(batch, sync: false)
      batch.clear()
    }
    try target.write(batch, sync: false)
  }

  private static func number(_ key: UnsafeRawBufferPointer, behind prefix: [UInt8]) -> UInt32? {
    guard key.count == prefix.count + 4, key.starts(with: prefix) else { return nil }
    return key.readBigEndian(UInt32.self, at: prefix.count)
  }
}

/// Keeps a data directory from being opened, by the lock that RocksDB takes on one.
private final class DirectoryLock {
  private let descriptor: Int32

  init(_ path: String) throws(DatabaseError) {
    descriptor = open(path + "/LOCK", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .notWritable(path) }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    if fcntl(descriptor, F_SETLK, &lock) != 0 {
      close(descriptor)
      throw .inUse(path: path)
    }
  }

  func release() {
    close(descriptor)
  }
}
