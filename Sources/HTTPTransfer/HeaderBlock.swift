/// Collects header lines as they come from the wire.
struct HeaderBlock {
  /// Real responses have a few kilobytes.
  private static let maximumBytes = 256 << 10

  private(set) var status = 0
  private(set) var headers: [(String, String)] = []
  private var byteCount = 0

  /// Takes one line with its line end. False when there are too many.
  mutating func add(_ line: UnsafeRawBufferPointer) -> Bool {
    byteCount += line.count
    guard byteCount <= Self.maximumBytes else { return false }
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("HTTP/") {
      // A new status line: what came before was an interim response or the proxy's own.
      headers = []
      status = text.split(separator: " ").dropFirst().first.flatMap { Int($0.prefix(3)) } ?? 0
    } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
      let name = Self.trimmed(text[..<colon])
      let value = Self.trimmed(text[text.utf8.index(after: colon)...])
      headers.append((name, value))
    }
    return true
  }

  private static func trimmed(_ text: Substring) -> String {
    func isBlank(_ scalar: Unicode.Scalar) -> Bool {
      scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\n"
    }
    var scalars = text.unicodeScalars[...]
    while let first = scalars.first, isBlank(first) { scalars.removeFirst() }
    while let last = scalars.last, isBlank(last) { scalars.removeLast() }
    return String(scalars)
  }
}
