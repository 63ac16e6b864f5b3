import Glibc

/// What tells whether a file is still the one it was.
struct FileIdentity: Sendable, Equatable {
  /// Size in bytes.
  let size: Int
  /// The last change, in nanoseconds since 1970.
  let changed: Int

  /// Looks at the file at `path`.
  init(of path: String) throws(TransferError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .file(path: path, reason: SystemError.text) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .file(path: path, reason: "not a regular file")
    }
    size = Int(status.st_size)
    changed = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }
}
