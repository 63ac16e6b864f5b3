import Crypto
import Glibc

/// A file that is read or written from front to back. Its calls block.
package final class SnapshotFile: Sendable {
  /// Where the file will be.
  package let path: String
  private let descriptor: Int32

  private init(path: String, flags: Int32) throws(CollectionError) {
    let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure(path) }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { Glibc.close(descriptor) }

  /// A new file; there must be none of that name.
  package static func create(_ path: String) throws(CollectionError) -> SnapshotFile {
    try SnapshotFile(path: path, flags: O_WRONLY | O_CREAT | O_EXCL)
  }

  /// A file to read, which must be a regular one and no symbolic link.
  package static func read(_ path: String) throws(CollectionError) -> SnapshotFile {
    let file = try SnapshotFile(path: path, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    guard try file.status().st_mode & S_IFMT == S_IFREG else {
      throw .badRequest("\(path) is not a file")
    }
    return file
  }

  /// The length in bytes.
  package func size() throws(CollectionError) -> Int { Int(try status().st_size) }

  func status() throws(CollectionError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure(path) }
    return status
  }

  /// Appends bytes, which reach the disk when the file is finished.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(CollectionError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.failure(path)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
  }

  /// Appends bytes, which reach the disk when the file is finished.
  package func write(_ bytes: [UInt8]) throws(CollectionError) {
    try bytes.withRaw { raw throws(CollectionError) in try write(raw) }
  }

  /// The next bytes, at most `maximumCount`; none at the end of the file.
  package func read(maximumCount: Int) throws(CollectionError) -> [UInt8] {
    var status = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: maximumCount) { buffer, initialized in
      repeat {
        status = Glibc.read(descriptor, buffer.baseAddress, maximumCount)
      } while status < 0 && errno == EINTR
      initialized = max(0, status)
    }
    guard status >= 0 else { throw Self.failure(path) }
    return bytes
  }

  /// The bytes from `offset` on; fewer than `count` at the end of the file. From any thread.
  package func read(at offset: Int, count: Int) throws(CollectionError) -> [UInt8] {
    var end = 0
    var status = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      repeat {
        status = pread(
          descriptor, buffer.baseAddress.map { $0 + end }, count - end, off_t(offset + end))
        end += max(0, status)
      } while end < count && (status > 0 || status < 0 && errno == EINTR)
      initialized = end
    }
    guard status >= 0 else { throw Self.failure(path) }
    return bytes
  }

  /// Writes bytes at `offset`, which may lie beyond the end. From any thread.
  package func write(_ bytes: [UInt8], at offset: Int) throws(CollectionError) {
    try bytes.withRaw { raw throws(CollectionError) in
      var start = 0
      while start < raw.count {
        let rest = UnsafeRawBufferPointer(rebasing: raw[start...])
        let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + start))
        if count < 0 {
          if errno == EINTR { continue }
          throw Self.failure(path)
        }
        start += count
      }
    }
  }

  /// Exactly `count` bytes; `nil` when the file ends before.
  func read(exactly count: Int) throws(CollectionError) -> [UInt8]? {
    var bytes = try read(maximumCount: count)
    while bytes.count < count {
      let more = try read(maximumCount: count - bytes.count)
      if more.isEmpty { return nil }
      bytes += more
    }
    return bytes
  }

  /// Makes the content durable.
  package func sync() throws(CollectionError) {
    guard fsync(descriptor) == 0 else { throw Self.failure(path) }
  }
}

extension SnapshotFile {
  /// Gives a file or a directory another name, in one step.
  package static func rename(_ path: String, to newPath: String) throws(CollectionError) {
    guard Glibc.rename(path, newPath) == 0 else { throw failure(newPath) }
  }

  /// Removes a file; `false` when there is none.
  @discardableResult
  package static func remove(_ path: String) throws(CollectionError) -> Bool {
    if unlink(path) == 0 { return true }
    if errno == ENOENT { return false }
    throw failure(path)
  }

  /// Whether there is a directory of that name, which is no link to one.
  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Creates a directory and its missing parents.
  package static func createDirectory(_ path: String) throws(CollectionError) {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw failure(path)
    }
    try createDirectory(String(path[..<slash]))
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure(path) }
  }

  /// Makes the names in a directory durable.
  package static func syncDirectory(_ path: String) throws(CollectionError) {
    try SnapshotFile(path: path, flags: O_RDONLY | O_DIRECTORY).sync()
  }

  /// The names in a directory, without `.` and `..`; `nil` when there is no such directory.
  package static func names(in path: String) throws(CollectionError) -> [String]? {
    guard let stream = opendir(path) else {
      if errno == ENOENT { return nil }
      throw failure(path)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a directory with all that is in it.
  package static func removeDirectory(_ path: String) {
    for name in (try? names(in: path)) ?? [] {
      let inner = path + "/" + name
      if isDirectory(inner) { removeDirectory(inner) } else { unlink(inner) }
    }
    rmdir(path)
  }

  private static func failure(_ path: String) -> CollectionError {
    let code = errno
    var buffer = [CChar](repeating: 0, count: 256)
    let isKnown = strerror_r(code, &buffer, buffer.count) == 0
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let text = isKnown ? String(decoding: bytes, as: UTF8.self) : "error \(code)"
    return switch code {
    case ENOSPC, EDQUOT: .outOfSpace("\(path): \(text)")
    default: .storage("\(path): \(text)")
    }
  }
}

extension Array where Element == UInt8 {
  /// `withUnsafeBytes` with the engine's errors.
  func withRaw<Value>(
    _ body: (UnsafeRawBufferPointer) throws(CollectionError) -> Value
  ) throws(CollectionError) -> Value {
    let result: Result<Value, CollectionError> = withUnsafeBytes { bytes in
      do throws(CollectionError) {
        return .success(try body(bytes))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

extension SHA256.Digest {
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
