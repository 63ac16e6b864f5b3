/// Divides bytes that come in pieces into lines. However long a line is, and in however many pieces
/// it comes, each byte is looked at once.
package struct LineSplitter: Sendable {
  /// What came behind the last end of a line.
  package private(set) var pending: [UInt8] = []
  /// Bytes that were looked at in search of an end, all together.
  package private(set) var bytesSearched = 0

  /// Nothing has come.
  package init() {}

  /// The lines that end within `bytes`, without their ends.
  package mutating func take(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      bytesSearched += end + 1 - rest.startIndex
      lines.append(pending + rest[..<end])
      pending = []
      rest = rest[(end + 1)...]
    }
    bytesSearched += rest.count
    pending += rest
    return lines
  }
}
