import FileMapping
import Glibc

/// The directory of a store, as far as RocksDB does not look after it.
struct StoreDirectory {
  let path: String

  /// Creates the directory and its missing parents, and makes the new names durable.
  func create() throws(StorageError) {
    var missing: [String] = []
    var current = Substring(path)
    while current.count > 1, current.last == "/" { current.removeLast() }
    while !current.isEmpty, access(String(current), F_OK) != 0 {
      guard errno == ENOENT else { throw failure(String(current), errno) }
      missing.append(String(current))
      guard let slash = current.lastIndex(of: "/") else { break }
      current = current[..<slash]
    }
    for directory in missing.reversed() {
      guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
        throw failure(directory, errno)
      }
      try syncParent(of: directory)
    }
    var status = stat()
    guard stat(path, &status) == 0 else { throw failure(path, errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw failure(path, ENOTDIR) }
    guard access(path, R_OK | W_OK | X_OK) == 0 else { throw failure(path, errno) }
  }

  /// Whether a database is here already.
  ///
  /// Data files without the file that names the current manifest are damage. RocksDB would take
  /// such a directory for an empty one and delete them.
  func holdsDatabase() throws(StorageError) -> Bool {
    if access(path + "/CURRENT", F_OK) == 0 { return true }
    guard errno == ENOENT else { throw failure(path + "/CURRENT", errno) }
    if let name = try entries().first(where: isData) {
      throw .corruption("\(path) holds \(name) but no CURRENT file")
    }
    return false
  }

  private func isData(_ name: String) -> Bool {
    guard name.hasSuffix(".sst") || name.hasSuffix(".log") else { return false }
    return name.dropLast(4).allSatisfy { $0.isNumber }
  }

  /// The numbers of the write-ahead logs, ascending.
  func logNumbers() throws(StorageError) -> [UInt64] {
    try entries().compactMap { name in
      name.hasSuffix(".log") ? UInt64(name.dropLast(4)) : nil
    }.sorted()
  }

  func path(ofLog number: UInt64) -> String { "\(path)/\(Self.digits(number)).log" }

  func path(ofManifest number: UInt64) -> String { "\(path)/MANIFEST-\(Self.digits(number))" }

  /// The number of the manifest that `CURRENT` names; `nil` when it names none.
  func currentManifest() -> UInt64? {
    guard let file = try? MappedFile(path: path + "/CURRENT") else { return nil }
    let text = String(decoding: file.bytes, as: UTF8.self)
    guard text.hasPrefix("MANIFEST-"), text.hasSuffix("\n") else { return nil }
    return UInt64(text.dropFirst(9).dropLast())
  }

  /// Makes the names in the directory durable.
  func sync() -> Bool {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { Glibc.close(descriptor) }
    return fsync(descriptor) == 0
  }

  private static func digits(_ number: UInt64) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 6 - text.count)) + text
  }

  func entries() throws(StorageError) -> [String] {
    guard let stream = opendir(path) else { throw failure(path, errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      names.append(name)
    }
    return names
  }

  private func syncParent(of directory: String) throws(StorageError) {
    let parent =
      directory.lastIndex(of: "/").map { $0 == directory.startIndex ? "/" : directory[..<$0] }
      ?? "."
    let descriptor = open(String(parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(String(parent), errno) }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .io("\(parent): \(text(errno))") }
  }

  private func failure(_ path: String, _ code: Int32) -> StorageError {
    let message = "\(path): \(text(code))"
    return switch code {
    case EACCES, EPERM, EROFS, ENOTDIR, ENOENT: .notWritable(message)
    case ENOSPC, EDQUOT: .outOfSpace(message)
    default: .io(message)
    }
  }

  private func text(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
