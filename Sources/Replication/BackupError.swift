package import ObjectStorage
package import SharedLog
package import VectorDB

/// Why something was not put into the store as a snapshot, or not made of what is there.
package enum BackupError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The store can't be reached, or refuses.
  case store(String)
  /// What lies in the store is not what was written.
  case damaged(String)
  /// A later release wrote it.
  case newer(String)
  /// The database, or the disk that it is to be on, does not do what is asked of it.
  case database(String)
  /// The store does not have what is needed for the point in time that is asked for.
  case missing(String)
  /// The place is taken.
  case occupied(String)
  /// There is a snapshot of this number that holds less: a segment has to be appended first.
  case numberTaken(UInt64)
  /// It was told to end.
  case cancelled

  /// A sentence without a full stop.
  package var description: String {
    switch self {
    case .store(let what), .damaged(let what), .newer(let what), .database(let what),
      .missing(let what), .occupied(let what):
      what
    case .numberTaken(let number): "snapshot \(number) is there already, and holds less"
    case .cancelled: "it was told to end"
    }
  }

  /// What an error of the store is to a backup.
  package init(_ error: ObjectStoreError) { self = .store(error.description) }

  /// What an error of the engine is to a backup.
  package init(_ error: CollectionError) {
    switch error {
    case .shuttingDown: self = .cancelled
    case .storage(let what), .outOfSpace(let what), .damaged(let what), .wrongInput(let what),
      .badRequest(let what):
      self = .database(what)
    default: self = .database(String(describing: error))
    }
  }

  /// What an error of the log is to a backup.
  package init(_ error: SharedLogError) {
    switch error {
    case .unknown(let what), .refused(let what): self = .store(what)
    case .damaged(let what): self = .damaged(what)
    case .newer(let what): self = .newer(what)
    case .taken: self = .store("a segment is there already")
    case .belowFloor(let number): self = .missing("segment \(number) was dropped")
    }
  }
}

extension ObjectStore {
  /// Asks the store, with the errors of backups.
  func ask<Answer: Sendable>(
    _ request: (any ObjectStore) async throws(ObjectStoreError) -> Answer
  ) async throws(BackupError) -> Answer {
    do throws(ObjectStoreError) {
      return try await request(self)
    } catch {
      throw BackupError(error)
    }
  }

  /// All keys that begin with `prefix`, in their order, from the one after `key` on.
  func keys(_ prefix: String, after key: String? = nil) async throws(BackupError) -> [String] {
    var keys: [String] = []
    var last = key
    while true {
      let page = try await ask { [last] store async throws(ObjectStoreError) in
        try await store.list(prefix, after: last)
      }
      keys += page.entries.map(\.key)
      guard page.isTruncated, let end = keys.last, end != last else { return keys }
      last = end
    }
  }
}
