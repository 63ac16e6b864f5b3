import CRocksDB
import Glibc

/// What a store takes on disk, in bytes.
public struct StoreDiskUse: Sendable, Equatable {
  /// The lengths of all files in its directory and below.
  public var bytes: Int
  /// What the file system has left for unprivileged processes.
  public var freeBytes: Int
}

extension KeyValueStore {
  /// Measures the store's directory: one look at each of its files. Files that vanish meanwhile
  /// count as gone, and one that has two names, as in a checkpoint, counts once.
  public func diskUse() throws(StorageError) -> StoreDiskUse {
    var file = statvfs()
    guard statvfs(path, &file) == 0 else { throw .io("\(path): the file system gave no figures") }
    let free = Int(
      clamping: UInt64(file.f_bavail).multipliedReportingOverflow(
        by: UInt64(file.f_frsize)
      ).partialValue)
    var linked: Set<ino_t> = []
    return StoreDiskUse(bytes: Self.bytes(below: path, linked: &linked), freeBytes: free)
  }

  private static func bytes(below directory: String, linked: inout Set<ino_t>) -> Int {
    guard let stream = opendir(directory) else { return 0 }
    defer { closedir(stream) }
    var total = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name == "." || name == ".." { continue }
      var status = stat()
      guard fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFREG:
        if status.st_nlink > 1, !linked.insert(status.st_ino).inserted { continue }
        total += Int(status.st_size)
      case S_IFDIR: total += bytes(below: directory + "/" + name, linked: &linked)
      default: break
      }
    }
    return total
  }

  /// Ends the calls of ``compactRange(in:from:upTo:)`` that run, and makes later
  /// ones do nothing, so that the store can be closed soon. Blocking, for a moment.
  public func abandonCompactions() {
    try? database.call { native throws(StorageError) in
      rocksdb_disable_manual_compaction(native)
    }
  }
}
