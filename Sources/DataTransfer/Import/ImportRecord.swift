import FastJSON
import Glibc

/// What an import remembers between two runs, and for which file, server and collection it holds.
struct ImportRecord: Sendable {
  let checkpoint: Checkpoint
  let server: String
  let collection: String
  let file: FileIdentity

  /// Where an earlier run stood, and the id it stored last; `nil` when there was none, or it was
  /// about something else.
  func load() throws(TransferError) -> (position: ImportPosition, lastID: [UInt8])? {
    guard case .object(let saved)? = try checkpoint.load(),
      saved["server"] == .string(server), saved["collection"] == .string(collection),
      saved["size"] == .integer(Int64(file.size)),
      saved["changed"] == .integer(Int64(file.changed)),
      case .integer(let records)? = saved["records"], case .integer(let bytes)? = saved["bytes"],
      case .string(let lastID)? = saved["last_id"], records >= 0, bytes >= 0
    else { return nil }
    let position = ImportPosition(records: Int(records), bytes: Int(bytes))
    return (position, Array(lastID.utf8))
  }

  func save(_ position: ImportPosition, lastID: [UInt8]) throws(TransferError) {
    try checkpoint.save(
      .object([
        "server": .string(server), "collection": .string(collection),
        "size": .integer(Int64(file.size)), "changed": .integer(Int64(file.changed)),
        "records": .integer(Int64(position.records)), "bytes": .integer(Int64(position.bytes)),
        "last_id": .string(String(decoding: lastID, as: UTF8.self)),
      ]))
  }

  func forget() throws(TransferError) { try checkpoint.remove() }
}

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
