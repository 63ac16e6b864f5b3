import Crypto
import ObjectStorage
import VectorDB

/// Carries files to and from the store in parts, several at a time.
struct PartTransfer: Sendable {
  let store: any ObjectStore

  /// Parts under way at once, which are what memory they take.
  private static let width = 4

  /// Where a part lies in a file here.
  private struct Place: Sendable {
    let file: SnapshotFile
    let offset: Int
    let bytes: Int
  }

  /// What went into the store.
  struct Uploaded: Sendable {
    var files: [StoredFile]
    /// Parts that were not there, and their bytes.
    var newParts = 0
    var newBytes = 0
  }

  /// Puts files into the store but for the parts that are there.
  ///
  /// - Parameters:
  ///   - known: parts that need not be carried.
  ///   - read: the parts of files that need not be read, by their paths.
  func upload(
    _ files: [(name: String, path: String)], known: Set<StoredPart>,
    read: [String: [StoredPart]] = [:]
  ) async throws(BackupError) -> Uploaded {
    var uploaded = Uploaded(files: [])
    var places: [(file: Int, place: Place)] = []
    var parts: [[StoredPart?]] = []
    for (index, file) in files.enumerated() {
      if let old = read[file.path], old.allSatisfy(known.contains) {
        parts.append(old)
        continue
      }
      let cut = try Self.places(of: file.path)
      parts.append(Array(repeating: nil, count: cut.count))
      places += cut.map { (index, $0) }
    }
    let carried = try await concurrently(places.map(\.place)) {
      place throws(BackupError) -> (StoredPart, Bool) in
      let (part, content) = try await Self.onThread { () throws(CollectionError) in
        let content = try place.file.read(at: place.offset, count: place.bytes)
        guard content.count == place.bytes else {
          throw .storage("\(place.file.path) became shorter while it was read")
        }
        return (StoredPart(of: content), content)
      }
      if known.contains(part) { return (part, false) }
      try await store.ask { store async throws(ObjectStoreError) in
        try await store.put(part.key, content)
      }
      return (part, true)
    }
    for (place, (part, isNew)) in zip(places, carried) {
      parts[place.file][place.place.offset / StoredPart.bytesMax] = part
      guard isNew else { continue }
      uploaded.newParts += 1
      uploaded.newBytes += part.bytes
    }
    uploaded.files = zip(files, parts).map { file, parts in
      StoredFile(name: file.name, parts: parts.compactMap(\.self))
    }
    return uploaded
  }

  private static func places(of path: String) throws(BackupError) -> [Place] {
    do throws(CollectionError) {
      let file = try SnapshotFile.read(path)
      let size = try file.size()
      return stride(from: 0, to: size, by: StoredPart.bytesMax).map { offset in
        Place(file: file, offset: offset, bytes: min(StoredPart.bytesMax, size - offset))
      }
    } catch {
      throw BackupError(error)
    }
  }

  /// Writes files of the store into `directory`, which has none of their names, and syncs them.
  ///
  /// - Throws: ``BackupError/damaged(_:)`` when a part is missing or another than was written.
  func download(_ files: [StoredFile], into directory: String) async throws(BackupError) {
    var places: [(part: StoredPart, place: Place)] = []
    var targets: [SnapshotFile] = []
    for file in files {
      let target: SnapshotFile
      do throws(CollectionError) {
        target = try SnapshotFile.create(directory + "/" + file.name)
      } catch {
        throw BackupError(error)
      }
      targets.append(target)
      var offset = 0
      for part in file.parts {
        places.append((part, Place(file: target, offset: offset, bytes: part.bytes)))
        offset += part.bytes
      }
    }
    _ = try await concurrently(places) { (part, place) throws(BackupError) in
      let content = try await self.content(of: part, place.file.path)
      try await Self.onThread { () throws(CollectionError) in
        guard StoredPart(of: content) == part else {
          throw .damaged("\(part.key) in the store is damaged: it does not hold what its name says")
        }
        try place.file.write(content, at: place.offset)
      }
    }
    _ = try await concurrently(targets) { target throws(BackupError) in
      try await Self.onThread { () throws(CollectionError) in try target.sync() }
    }
  }

  private func content(
    of part: StoredPart, _ path: String
  ) async throws(BackupError) -> [UInt8] {
    let object = try await store.ask { store async throws(ObjectStoreError) in
      try await store.get(part.key)
    }
    guard let object else {
      throw .damaged("\(part.key) is missing in the store, which \(path) needs")
    }
    return object.bytes
  }

  // MARK: Threads and tasks

  /// Does what blocks on a thread of its own.
  static func onThread<Value: Sendable>(
    _ work: @escaping @Sendable () throws(CollectionError) -> Value
  ) async throws(BackupError) -> Value {
    let result: Result<Value, CollectionError> = await withUnsafeContinuation { continuation in
      let thread = NativeThread {
        do throws(CollectionError) {
          continuation.resume(returning: .success(try work()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
      if thread == nil {
        continuation.resume(returning: .failure(.storage("the system has no threads to give")))
      }
    }
    switch result {
    case .success(let value): return value
    case .failure(.damaged(let what)): throw .damaged(what)
    case .failure(let error): throw BackupError(error)
    }
  }

  /// Does something with each of `items`, a few at a time; what came of them, in their order. The
  /// first failure ends it.
  private func concurrently<Item: Sendable, Value: Sendable>(
    _ items: [Item], _ body: @escaping @Sendable (Item) async throws(BackupError) -> Value
  ) async throws(BackupError) -> [Value] {
    var values = [Value?](repeating: nil, count: items.count)
    var failure: BackupError?
    await withTaskGroup(of: (Int, Result<Value, BackupError>).self) { group in
      var next = 0
      func begin() {
        guard next < items.count, failure == nil else { return }
        let (index, item) = (next, items[next])
        next += 1
        group.addTask {
          do throws(BackupError) {
            if Task.isCancelled { throw .cancelled }
            return (index, .success(try await body(item)))
          } catch {
            return (index, .failure(error))
          }
        }
      }
      for _ in 0..<Self.width { begin() }
      for await (index, result) in group {
        switch result {
        case .success(let value): values[index] = value
        case .failure(let error): failure = failure ?? error
        }
        begin()
      }
    }
    if let failure { throw failure }
    return values.compactMap(\.self)
  }
}
