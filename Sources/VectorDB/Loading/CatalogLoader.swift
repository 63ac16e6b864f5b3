import Storage

/// Reads the catalogue when a database is opened.
struct CatalogLoader {
  let core: DatabaseCore

  /// Checks the format number, writing it into a new directory.
  static func checkFormat(_ store: KeyValueStore) throws(DatabaseError) {
    do {
      if let bytes = try store.get(KeyLayout.formatKey, in: KeyLayout.meta) {
        let found = bytes.withUnsafeBytes { $0.readBigEndian(UInt32.self, at: 0) }
        guard let found, bytes.count == 4 else {
          throw DatabaseError.damaged("the format number can't be read")
        }
        guard found <= KeyLayout.format else {
          throw DatabaseError.newerFormat(found: Int(found), supported: KeyLayout.format)
        }
        return
      }
      var number: [UInt8] = []
      number.appendBigEndian(UInt32(KeyLayout.format))
      var batch = WriteBatch()
      batch.put(key: KeyLayout.formatKey, value: number, in: KeyLayout.meta)
      try store.write(batch, sync: true)
    } catch {
      throw DatabaseError(opening: error)
    }
  }

  /// The numbers of the last commit and of the last entry of the log; 0 in a directory of a release
  /// that did not note them.
  static func applied(
    _ store: KeyValueStore
  ) throws(DatabaseError) -> (commit: UInt64, entry: UInt64) {
    do {
      return try applied(store.get(KeyLayout.appliedKey, in: KeyLayout.meta))
    } catch {
      throw DatabaseError(opening: error)
    }
  }

  /// What the record under `applied` says.
  static func applied(
    _ bytes: [UInt8]?
  ) throws(DatabaseError) -> (commit: UInt64, entry: UInt64) {
    guard let bytes else { return (0, 0) }
    let numbers = bytes.withUnsafeBytes { raw in
      (raw.readBigEndian(UInt64.self, at: 0), raw.readBigEndian(UInt64.self, at: 8))
    }
    guard let commit = numbers.0 else {
      throw .damaged("the number of the last commit can't be read")
    }
    // Releases that know no log number commits alone.
    return (commit, numbers.1 ?? commit)
  }

  func nextNumber() throws(DatabaseError) -> UInt32 {
    do {
      guard let bytes = try core.store.get(KeyLayout.nextCollectionKey, in: KeyLayout.meta) else {
        return 1
      }
      guard let number = bytes.withUnsafeBytes({ $0.readBigEndian(UInt32.self, at: 0) }) else {
        throw DatabaseError.damaged("the next collection number can't be read")
      }
      return number
    } catch {
      throw DatabaseError(opening: error)
    }
  }

  func entries() throws(DatabaseError) -> [(number: UInt32, entry: CatalogEntry)] {
    var entries: [(number: UInt32, entry: CatalogEntry)] = []
    var upper = KeyLayout.catalogPrefix
    upper.append(contentsOf: [0xff, 0xff, 0xff, 0xff, 0xff])
    do {
      var iterator = try core.store.scan(
        in: KeyLayout.meta, from: KeyLayout.catalogPrefix, upTo: upper)
      while try iterator.next() {
        let number = iterator.key.readBigEndian(UInt32.self, at: KeyLayout.catalogPrefix.count)
        guard let number else { throw DatabaseError.damaged("a catalogue key can't be read") }
        entries.append((number, try CatalogEntry(Array(iterator.value))))
      }
    } catch {
      throw DatabaseError(opening: error)
    }
    return entries
  }

  /// Names of collections by alias.
  func aliases() throws(DatabaseError) -> [String: String] {
    var aliases: [String: String] = [:]
    // No byte of UTF-8 is as high as this.
    let upper = KeyLayout.aliasPrefix + [0xff]
    do {
      var iterator = try core.store.scan(
        in: KeyLayout.meta, from: KeyLayout.aliasPrefix, upTo: upper)
      while try iterator.next() {
        let name = iterator.key.dropFirst(KeyLayout.aliasPrefix.count)
        guard let alias = String(validating: name, as: UTF8.self),
          let collection = String(validating: iterator.value, as: UTF8.self)
        else { throw DatabaseError.damaged("an alias can't be read") }
        aliases[alias] = collection
      }
    } catch {
      throw DatabaseError(opening: error)
    }
    return aliases
  }

  /// Updates that did not reach their end, by the number of their collection.
  func unfinishedUpdates() throws(DatabaseError) -> [UInt32: UnfinishedUpdate] {
    var updates: [UInt32: UnfinishedUpdate] = [:]
    let upper = KeyLayout.updatePrefix + [UInt8](repeating: .max, count: 5)
    do {
      var iterator = try core.store.scan(
        in: KeyLayout.meta, from: KeyLayout.updatePrefix, upTo: upper)
      while try iterator.next() {
        let number = iterator.key.readBigEndian(UInt32.self, at: KeyLayout.updatePrefix.count)
        if let number { updates[number] = UnfinishedUpdate(Array(iterator.value)) }
      }
    } catch {
      throw DatabaseError(opening: error)
    }
    return updates
  }

  func counters(_ number: UInt32) throws(DatabaseError) -> CollectionCounters {
    do {
      guard let bytes = try core.store.get(KeyLayout.counters(number), in: KeyLayout.meta) else {
        throw DatabaseError.damaged("the counters of collection number \(number) are missing")
      }
      return try CollectionCounters(bytes)
    } catch {
      throw DatabaseError(opening: error)
    }
  }
}

extension DatabaseError {
  /// Whatever stopped an open, as a reason that a user can act on.
  init(opening error: any Error) {
    switch error {
    case let error as DatabaseError: self = error
    case let error as StorageError: self = DatabaseError(error)
    case CollectionError.storage(let reason), CollectionError.damaged(let reason):
      self = .damaged(reason)
    default: self = .io(String(describing: error))
    }
  }

  init(_ error: StorageError) {
    switch error {
    case .busy(let path): self = .inUse(path: path)
    case .notWritable(let reason): self = .notWritable(reason)
    case .corruption(let reason): self = .damaged(reason)
    case .outOfSpace(let reason): self = .notWritable(reason)
    case .io, .closed, .failed, .unknownColumnFamily: self = .io(String(describing: error))
    }
  }
}
