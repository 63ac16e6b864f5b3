import Glibc

/// A whole file mapped for reading, unmapped with the last reference.
///
/// A file that another process cuts short while it is mapped ends the process with SIGBUS, as with
/// every mapping: files that are read like this are replaced by renaming, never rewritten in place.
///
/// SAFETY: `bytes` is set once and the mapping is read-only, so that all threads only ever read it;
/// the memory lives until `deinit`, which runs when no thread holds a reference any more.
package final class MappedFile: @unchecked Sendable {
  /// What the file holds; without an address when that is nothing.
  package let bytes: UnsafeRawBufferPointer

  /// Maps the file at `path`.
  package init(path: String) throws(MappingError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw MappingError(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw MappingError(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
    let count = Int(status.st_size)
    if count == 0 {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { throw MappingError(errno) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}

/// Why a file can't be mapped.
package enum MappingError: Error {
  /// There is no such file.
  case missing
  /// It is a folder, or something else that has no bytes of its own.
  case notAFile
  /// What the system says.
  case system(String)

  fileprivate init(_ code: Int32) {
    self = code == ENOENT || code == ENOTDIR ? .missing : .system(String(cString: strerror(code)))
  }
}
