import Glibc

/// A finished snapshot, as it is listed.
public struct SnapshotDescription: Sendable, Equatable {
  /// The name of its file.
  public var name: String
  /// When it was made, as in `2026-07-22T08:31:55` (UTC).
  public var creationTime: String
  /// Bytes.
  public var size: Int
  /// SHA-256 of the file in hex; `nil` when it was put there without one.
  public var checksum: String?
}

/// The directory that snapshots are kept in: those of a collection in a folder of its name, those
/// of the whole server in the directory itself.
///
/// Names come from clients, and nothing outside is ever touched: a name is the name of one file,
/// and never a path. Calls block.
public struct SnapshotFolder: Sendable, Equatable {
  /// The directory; it is created with the first snapshot.
  public let path: String

  static let suffix = ".snapshot"
  static let partSuffix = ".part"
  private static let scratchPrefix = "checkpoint-"
  private static let checksumSuffix = ".checksum"

  /// The folder at `path`, which need not be there yet.
  public init(path: String) {
    self.path = path
  }

  /// Where the snapshots of a collection's shards are, each shard's under its number as if it were
  /// a collection.
  package func shards(of collection: String) throws(CollectionError) -> SnapshotFolder {
    SnapshotFolder(path: try folder(of: collection) + "/shards")
  }

  /// The snapshots of a collection, or of the whole server for `nil`, by name.
  public func list(of collection: String?) throws(CollectionError) -> [SnapshotDescription] {
    let folder = try folder(of: collection)
    var found: [SnapshotDescription] = []
    for name in try SnapshotFile.names(in: folder) ?? [] where name.hasSuffix(Self.suffix) {
      // Folders, links and what was deleted meanwhile are no snapshots.
      guard let file = try? SnapshotFile.read(folder + "/" + name) else { continue }
      found.append(try describe(file, name))
    }
    return found
  }

  /// Opens a snapshot's file to read it.
  package func open(
    _ name: String, of collection: String?
  ) throws(CollectionError) -> SnapshotFile {
    let path = try path(of: name, collection)
    // A link leads elsewhere.
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .snapshotNotFound(name)
    }
    return try SnapshotFile.read(path)
  }

  /// Deletes a snapshot.
  ///
  /// - Throws: ``CollectionError/snapshotNotFound(_:)``, also for a name that leads elsewhere.
  public func delete(_ name: String, of collection: String?) throws(CollectionError) {
    let path = try path(of: name, collection)
    guard try SnapshotFile.remove(path) else { throw .snapshotNotFound(name) }
    try SnapshotFile.remove(path + Self.checksumSuffix)
  }

  /// The real path of a file that must be inside this directory, links resolved.
  ///
  /// - Throws: ``CollectionError/badRequest(_:)`` when there is no file, and
  ///   ``CollectionError/forbidden(_:)`` when it is elsewhere: whoever may recover collections may
  ///   learn which.
  package func resolve(_ path: String) throws(CollectionError) -> String {
    let root = Self.realPath(self.path) ?? self.path
    let outside = CollectionError.forbidden(
      "Snapshot file path must be inside the snapshots directory \"\(root)\"")
    guard !path.utf8.contains(0) else { throw outside }
    guard let real = Self.realPath(path) else {
      throw .badRequest("Snapshot file \"\(path)\" does not exist")
    }
    guard real.hasPrefix(root + "/") else { throw outside }
    return real
  }

  /// A new file for a snapshot that a client sends; it is the caller's to remove.
  package func createUpload() throws(CollectionError) -> SnapshotFile {
    try SnapshotFile.createDirectory(path)
    return try SnapshotFile.create("\(path)/upload-\(Self.digits())\(Self.partSuffix)")
  }

  /// Removes what an earlier run left unfinished.
  package func removeUnfinished() {
    let names = (try? SnapshotFile.names(in: path)) ?? []
    for name in names {
      let inner = path + "/" + name
      if name.hasSuffix(Self.partSuffix), unlink(inner) == 0 { continue }
      if Self.isScratch(inner, name) {
        SnapshotFile.removeDirectory(inner)
      } else if let files = (try? SnapshotFile.names(in: inner)) ?? nil {
        for file in files where file.hasSuffix(Self.partSuffix) { unlink(inner + "/" + file) }
        if files.contains("shards") { SnapshotFolder(path: inner + "/shards").removeUnfinished() }
      }
    }
  }

  /// A new name for a folder that a store is copied to on its way into a snapshot.
  func newScratch() -> String { "\(path)/\(Self.scratchPrefix)\(Self.digits())\(Self.partSuffix)" }

  /// Whether a folder is such a copy, and not that of a collection with a name of that form.
  private static func isScratch(_ path: String, _ name: String) -> Bool {
    guard name.hasPrefix(scratchPrefix), name.hasSuffix(partSuffix) else { return false }
    let files = (try? SnapshotFile.names(in: path)) ?? nil
    return files?.contains("CURRENT") ?? false
  }

  /// Makes a snapshot: `write` fills a file and returns its checksum; it appears under its name,
  /// which begins with `prefix`, when it is complete.
  func create(
    of collection: String?, prefix: String? = nil,
    _ write: (SnapshotFile) throws(CollectionError) -> String
  ) throws(CollectionError) -> SnapshotDescription {
    let folder = try folder(of: collection)
    try SnapshotFile.createDirectory(folder)
    let name = Self.newName(prefix ?? collection ?? "full-snapshot")
    let path = folder + "/" + name
    let part = path + Self.partSuffix
    do throws(CollectionError) {
      let file = try SnapshotFile.create(part)
      let checksum = try write(file)
      let note = path + Self.checksumSuffix
      let noted = try SnapshotFile.create(note + Self.partSuffix)
      try noted.write(Array(checksum.utf8))
      try noted.sync()
      try SnapshotFile.rename(note + Self.partSuffix, to: note)
      try SnapshotFile.rename(part, to: path)
      try SnapshotFile.syncDirectory(folder)
      return try describe(try SnapshotFile.read(path), name)
    } catch {
      unlink(part)
      unlink(path + Self.checksumSuffix + Self.partSuffix)
      unlink(path + Self.checksumSuffix)
      throw error
    }
  }

  private func describe(
    _ file: SnapshotFile, _ name: String
  ) throws(CollectionError) -> SnapshotDescription {
    let status = try file.status()
    let note = try? SnapshotFile.read(file.path + Self.checksumSuffix)
    let checksum = (try? note?.read(maximumCount: 128)).flatMap { $0 }
    return SnapshotDescription(
      name: name, creationTime: Self.time(status.st_mtim.tv_sec, separators: ("T", ":")),
      size: Int(status.st_size),
      checksum: checksum.map { String(decoding: $0, as: UTF8.self) })
  }

  private func folder(of collection: String?) throws(CollectionError) -> String {
    guard let collection else { return path }
    guard Self.isName(collection) else {
      throw .forbidden("`\(collection)` is not inside the snapshots directory")
    }
    return path + "/" + collection
  }

  private func path(of name: String, _ collection: String?) throws(CollectionError) -> String {
    guard Self.isName(name) else { throw .snapshotNotFound(name) }
    let path = try folder(of: collection) + "/" + name
    // A collection may be called like a snapshot, and then so is its folder.
    guard name.hasSuffix(Self.suffix), !SnapshotFile.isDirectory(path) else {
      throw .snapshotNotFound(name)
    }
    return path
  }

  /// Whether it is the name of something directly inside a folder.
  private static func isName(_ name: String) -> Bool {
    let isPath = name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    return !isPath && !name.isEmpty && name != "." && name != ".."
  }

  /// The present second, in a form that suits names of files.
  static func timestamp() -> String {
    var now = time_t()
    _ = Glibc.time(&now)
    return time(now, separators: ("-", "-"))
  }

  private static func newName(_ owner: String) -> String {
    // A file name has at most 255 bytes.
    var prefix = owner
    while prefix.utf8.count > 180 { prefix.removeLast() }
    return "\(prefix)-\(digits())-\(timestamp())\(suffix)"
  }

  private static func digits() -> UInt64 {
    UInt64.random(in: 1_000_000_000_000_000...9_999_999_999_999_999)
  }

  private static func time(
    _ seconds: time_t, separators: (date: String, time: String)
  ) -> String {
    var seconds = seconds
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    let date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(two)
    return date + separators.date + clock.joined(separator: separators.time)
  }

  private static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
