import FoundationEssentials

/// A file for a program to read, in a folder of its own that nobody else may look into.
enum TemporaryFile {
  /// What `read` makes of a file that holds `bytes` and whose name ends so; the file is gone then.
  ///
  /// - Throws: `IngestError.unreadable` where there is no room for it.
  static func holding<Value>(
    _ bytes: [UInt8], ending: String, _ read: (String) throws(IngestError) -> Value
  ) throws(IngestError) -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "quiver-upload-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "file\(ending)")
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      try Data(bytes).write(to: path)
    } catch {
      throw .unreadable("there is no room for it")
    }
    return try read(path.path())
  }
}
