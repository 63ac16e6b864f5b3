import Glibc

/// A whole file mapped read-only into memory, unmapped with the last reference.
///
/// A file that another process cuts short while it is mapped ends the process with SIGBUS, as with
/// every mapping: models are replaced by renaming, never rewritten in place.
// SAFETY: `bytes` is set once and the mapping is PROT_READ, so that all threads only ever read it;
// the memory lives until deinit, which runs when no thread holds a reference any more.
final class MappedFile: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  init(path: String) throws(EmbeddingModelError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw .fileMissing(path: path) }
      throw .unreadable(path: path, reason: Self.describe(errno))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable(path: path, reason: Self.describe(errno))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "not a regular file")
    }
    let size = Int(status.st_size)
    guard size > 0 else { throw .damaged(path: path, reason: "the file is empty") }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { throw .unreadable(path: path, reason: Self.describe(errno)) }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }

  private static func describe(_ code: Int32) -> String {
    String(cString: strerror(code))
  }
}
