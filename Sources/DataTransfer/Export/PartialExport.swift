import FastJSON
import Glibc

/// The file of an export that is not complete.
package struct PartialExport: Sendable {
  /// What a broken-off export left behind.
  package struct Tail: Sendable, Equatable {
    /// Whole lines.
    package let count: Int
    /// The id of the last one, as JSON.
    package let lastID: [UInt8]
  }

  let path: String

  /// The unfinished file at `path`.
  package init(path: String) { self.path = path }

  /// Looks at what is there, and cuts off a last line that is not whole.
  ///
  /// - Returns: `nil` when there is not one whole line.
  package func tail() throws(TransferError) -> Tail? {
    guard access(path, F_OK) == 0 else { return nil }
    let size = try FileIdentity(of: path).size
    let lines = try LineReader(path: path, maximumBytes: TransferLimits().lineBytes)
    var count = 0
    var end = 0
    var last: [UInt8] = []
    while let line = try lines.next() {
      // The last line is whole only with its line break, which the reader leaves out.
      if lines.position == size, try !endsWithLineBreak(size) { break }
      count += 1
      end = lines.position
      last = line
    }
    guard truncate(path, end) == 0 else { throw .file(path: path, reason: SystemError.text) }
    if count == 0 { return nil }
    var writer = JSONWriter()
    do throws(JSONSyntaxError) {
      try JSONDocument(parsing: last).root["id"]?.write(to: &writer)
    } catch {
      throw .record(path: path, number: count, reason: "\(error.message); --restart begins anew")
    }
    guard !writer.bytes.isEmpty else {
      throw .record(path: path, number: count, reason: "there is no `id`; --restart begins anew")
    }
    return Tail(count: count, lastID: writer.bytes)
  }

  func remove() throws(TransferError) {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw .file(path: path, reason: SystemError.text)
    }
  }

  private func endsWithLineBreak(_ size: Int) throws(TransferError) -> Bool {
    let reader = try LineReader(path: path, from: size - 1, maximumBytes: 1)
    return try reader.next()?.isEmpty == true
  }
}
