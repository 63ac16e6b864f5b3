import CRocksDB

extension OpenDatabase {
  /// Opens or creates the database at `path` with the listed families and those on disk.
  static func open(
    path: String, columnFamilies: [ColumnFamily], options: StoreOptions
  ) throws(StorageError) -> OpenDatabase {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw .notWritable("the path of the data directory is empty or holds a zero byte")
    }
    let directory = StoreDirectory(path: path)
    try directory.create()
    let isNew = try !directory.holdsDatabase()
    let inspection = StoreInspection(directory)
    if !isNew { try inspection.check() }
    let opened: OpenDatabase
    do throws(StorageError) {
      opened = try open(directory, columnFamilies, options, isNew: isNew)
    } catch {
      if isNew { throw error }
      try inspection.judge(error)
      opened = try open(directory, columnFamilies, options, isNew: false)
    }
    do throws(StorageError) {
      try inspection.check(openedAt: opened.latestSequence)
    } catch {
      opened.close()
      throw error
    }
    opened.beginMarks()
    return opened
  }

  /// Opens without a look at the files before or after.
  static func open(
    _ directory: StoreDirectory, _ columnFamilies: [ColumnFamily], _ options: StoreOptions,
    isNew: Bool, isReadOnly: Bool = false
  ) throws(StorageError) -> OpenDatabase {
    let path = directory.path
    let compacts = !DamageNote(directory: path).exists
    guard let settings = RocksDBSettings(options, isNew: isNew, compacts: compacts) else {
      throw outOfMemory
    }
    let stored = isNew ? [] : try storedFamilies(path: path, settings: settings)
    // Reading alone creates no families.
    let listed = isReadOnly ? columnFamilies.filter { stored.contains($0.name) } : columnFamilies
    let families = merged(listed: listed, stored: stored)

    var familyOptions: [OpaquePointer?] = []
    for family in families {
      guard let options = settings.family(family.profile) else { throw outOfMemory }
      familyOptions.append(options)
    }
    var handles = [OpaquePointer?](repeating: nil, count: families.count)
    var slot: UnsafeMutablePointer<CChar>?
    let database = withCStrings(families.map(\.name)) { names in
      isReadOnly
        ? rocksdb_open_for_read_only_column_families(
          settings.database, path, Int32(families.count), names, familyOptions, &handles, 0, &slot)
        : rocksdb_open_column_families(
          settings.database, path, Int32(families.count), names, familyOptions, &handles, &slot)
    }
    if let message = takeMessage(&slot) { throw StorageError(status: message, path: path) }
    guard let database else { throw .io("\(path): RocksDB gave no database and no error") }
    let opened = zip(families, handles).compactMap { family, handle in
      handle.map { Family(name: family.name, handle: $0) }
    }
    return OpenDatabase(
      path: path, settings: settings, families: opened, database: database,
      isReadOnly: isReadOnly)
  }

  private static var outOfMemory: StorageError { .io("RocksDB could not allocate its options") }

  /// Every family to open, each once: RocksDB wants all that are on disk, and `default` always.
  private static func merged(listed: [ColumnFamily], stored: [String]) -> [ColumnFamily] {
    var names: Set<String> = []
    let others = (["default"] + stored).map { ColumnFamily(name: $0, profile: .small) }
    return (listed + others).filter { names.insert($0.name).inserted }
  }

  private static func storedFamilies(
    path: String, settings: RocksDBSettings
  ) throws(StorageError) -> [String] {
    var count = 0
    var slot: UnsafeMutablePointer<CChar>?
    let list = rocksdb_list_column_families(settings.database, path, &count, &slot)
    if let message = takeMessage(&slot) { throw StorageError(status: message, path: path) }
    guard let list else { return [] }
    defer { rocksdb_list_column_families_destroy(list, count) }
    return (0..<count).compactMap { index in list[index].map { String(cString: $0) } }
  }

  /// Lends the strings to C as an array of zero-terminated strings.
  private static func withCStrings<R>(
    _ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> R
  ) -> R {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for string in strings {
      starts.append(bytes.count)
      bytes.append(contentsOf: string.utf8CString)
    }
    return bytes.withUnsafeBufferPointer { buffer in
      body(starts.map { start in buffer.baseAddress.map { $0 + start } })
    }
  }
}
