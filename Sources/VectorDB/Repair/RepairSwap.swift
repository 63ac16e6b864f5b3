import Glibc

/// Puts repaired files in the place of damaged ones, which move into a folder beside them.
///
/// What is interrupted is taken up by the next repair: a file in the scratch folder tells that the
/// files there are complete, and where the damaged ones go.
struct RepairSwap {
  let path: String
  static let scratch = ".repair"

  private var scratch: String { path + "/" + Self.scratch }
  private var repaired: String { scratch + "/repaired" }
  private var note: String { scratch + "/COMPLETE" }

  /// The folder for damaged files of a swap that was begun.
  func begun() -> String? {
    guard let file = try? SnapshotFile.read(note), let bytes = try? file.read(maximumCount: 4096)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Notes durably that the repaired files are complete.
  func begin(damaged: String) throws(CollectionError) {
    for name in try SnapshotFile.names(in: repaired) ?? [] {
      let file = repaired + "/" + name
      if let file = try? SnapshotFile.read(file) { try file.sync() }
    }
    try SnapshotFile.syncDirectory(repaired)
    let file = try SnapshotFile.create(note)
    try file.write(Array(damaged.utf8))
    try file.sync()
    try SnapshotFile.syncDirectory(scratch)
    try SnapshotFile.syncDirectory(path)
  }

  /// Moves the damaged files away and the repaired ones up, `CURRENT` last: until then the
  /// directory is one that nobody opens.
  func finish(damaged: String) throws(CollectionError) {
    let folder = path + "/" + damaged
    try SnapshotFile.createDirectory(folder)
    if try !isThere("MOVED", in: scratch) {
      for name in try SnapshotFile.names(in: path) ?? [] where isOfStore(name) {
        try SnapshotFile.rename(path + "/" + name, to: folder + "/" + name)
      }
      try SnapshotFile.syncDirectory(folder)
      try SnapshotFile.syncDirectory(path)
      // What is here from now on is repaired.
      try SnapshotFile.create(scratch + "/MOVED").sync()
      try SnapshotFile.syncDirectory(scratch)
    }
    if try isThere("CURRENT", in: repaired) {
      for name in try SnapshotFile.names(in: repaired) ?? [] where name != "CURRENT" {
        if isOfStore(name) {
          try SnapshotFile.rename(repaired + "/" + name, to: path + "/" + name)
        }
      }
      try SnapshotFile.syncDirectory(path)
      try SnapshotFile.rename(repaired + "/CURRENT", to: path + "/CURRENT")
      try SnapshotFile.syncDirectory(path)
    }
    Self.remove(scratch)
    try SnapshotFile.syncDirectory(path)
  }

  private func isThere(_ name: String, in folder: String) throws(CollectionError) -> Bool {
    try SnapshotFile.names(in: folder)?.contains(name) ?? false
  }

  /// Whether a name is one of the store's, or of what is derived from it. Others are not ours.
  private func isOfStore(_ name: String) -> Bool {
    let names: Set = ["CURRENT", "IDENTITY", "SYNCED", "SYNCED.new", "DAMAGED", "index", "vectors"]
    if names.contains(name) { return true }
    let prefixes = ["MANIFEST-", "OPTIONS-", "LOG"]
    if name != "LOCK", prefixes.contains(where: { name.hasPrefix($0) }) { return true }
    return [".sst", ".log", ".dbtmp"].contains { name.hasSuffix($0) }
  }

  static let damagedPrefix = "damaged-"

  /// Removes a folder with everything in it.
  static func remove(_ path: String) {
    for name in (try? SnapshotFile.names(in: path)).flatMap({ $0 }) ?? [] {
      let child = path + "/" + name
      if unlink(child) != 0 { remove(child) }
    }
    rmdir(path)
  }
}
