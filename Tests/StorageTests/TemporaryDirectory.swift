import Glibc

/// A directory that is removed with its owner.
final class TemporaryDirectory {
  let path: String

  init() {
    let number = UInt64.random(in: .min ... .max)
    path = "/tmp/quiver-storage-\(getpid())-\(String(number, radix: 16))"
    mkdir(path, 0o755)
  }

  deinit { Self.remove(path) }

  static func names(_ path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  static func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
    }
  }

  static func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "wb") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }

  /// Copies a flat directory; taken while a store is open, the copy is what a crash leaves behind.
  static func copy(_ source: String, to target: String) {
    mkdir(target, 0o755)
    for name in names(source) { write(read(source + "/" + name), to: target + "/" + name) }
  }

  static func remove(_ path: String) {
    for name in names(path) {
      let child = path + "/" + name
      if unlink(child) != 0 { remove(child) }
    }
    rmdir(path)
  }

  /// The write-ahead logs of a store, oldest first, as full paths.
  static func logs(_ path: String) -> [String] {
    names(path).filter { $0.hasSuffix(".log") }.map { path + "/" + $0 }
  }
}
