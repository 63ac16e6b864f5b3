import Glibc

/// A file that is written from front to back. Blocking.
final class OutputFile {
  private let path: String
  private var descriptor: Int32

  /// Opens the file, which is made when it is not there, and emptied unless `append`.
  init(path: String, append: Bool) throws(TransferError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0o644)
    guard descriptor >= 0 else { throw .file(path: path, reason: SystemError.text) }
  }

  deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

  /// Appends bytes.
  func write(_ bytes: [UInt8]) throws(TransferError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .file(path: path, reason: SystemError.text) }
      rest = rest.dropFirst(count)
    }
  }

  /// Brings everything to the disk and closes the file.
  func close() throws(TransferError) {
    let failed = fsync(descriptor) != 0
    let reason = SystemError.text
    let closed = Glibc.close(descriptor)
    descriptor = -1
    if failed { throw .file(path: path, reason: reason) }
    guard closed == 0 else { throw .file(path: path, reason: SystemError.text) }
  }
}

/// What the C library says went wrong last on this thread.
enum SystemError {
  static var text: String { String(cString: strerror(errno)) }
}
