import FastJSON
import Glibc

/// A small JSON file that remembers how far a transfer has come. Replaced as a whole, so that a
/// crash leaves the old or the new one.
struct Checkpoint: Sendable {
  let path: String

  /// Bytes of what a transfer remembers of how far it has come.
  private static let bytesMax = 16 << 20

  /// What was saved last; `nil` when there is nothing.
  func load() throws(TransferError) -> JSONValue? {
    guard access(path, F_OK) == 0 else { return nil }
    let reader = try LineReader(path: path, maximumBytes: Self.bytesMax)
    guard let line = try reader.next() else { return nil }
    do throws(JSONSyntaxError) {
      return try JSONValue(parsing: line)
    } catch {
      throw .file(path: path, reason: "not a checkpoint (\(error)); --restart begins anew")
    }
  }

  /// Replaces what was saved.
  func save(_ value: JSONValue) throws(TransferError) {
    let draft = path + ".new"
    let file = try OutputFile(path: draft, append: false)
    try file.write(value.serialized() + [0x0A])
    try file.close()
    guard rename(draft, path) == 0 else { throw .file(path: path, reason: SystemError.text) }
  }

  /// Forgets it all.
  func remove() throws(TransferError) {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw .file(path: path, reason: SystemError.text)
    }
  }
}
