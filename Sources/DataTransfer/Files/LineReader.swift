import Glibc

/// Reads a file line by line from any byte on, in bounded memory. Blocking.
package final class LineReader {
  private let path: String
  private let descriptor: Int32
  private let maximumBytes: Int
  private var buffer: [UInt8] = []
  /// Where in the buffer the next line begins.
  private var start = 0
  private var isAtEnd = false
  /// The byte of the file at which the next line begins.
  package private(set) var position: Int

  /// Opens the file; the first line begins at byte `position`.
  package init(path: String, from position: Int = 0, maximumBytes: Int) throws(TransferError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    self.path = path
    self.position = position
    self.maximumBytes = maximumBytes
    guard descriptor >= 0 else { throw .file(path: path, reason: SystemError.text) }
    guard lseek(descriptor, position, SEEK_SET) == position else {
      throw .file(path: path, reason: SystemError.text)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The next line without its line break, `nil` behind the last one.
  package func next() throws(TransferError) -> [UInt8]? {
    var searched = start
    while true {
      let found = buffer.withUnsafeBytes { bytes -> Int? in
        guard let base = bytes.baseAddress, searched < bytes.count,
          let place = memchr(base + searched, 0x0A, bytes.count - searched)
        else { return nil }
        return UnsafeRawPointer(place) - base
      }
      if let found { return take(upTo: found, lineBreak: 1) }
      if isAtEnd { return buffer.count == start ? nil : take(upTo: buffer.count, lineBreak: 0) }
      guard buffer.count - start <= maximumBytes else {
        throw .file(path: path, reason: "a line has more than \(maximumBytes) bytes")
      }
      buffer.removeFirst(start)
      start = 0
      searched = buffer.count
      try fill()
    }
  }

  private func take(upTo end: Int, lineBreak: Int) -> [UInt8] {
    var line = Array(buffer[start..<end])
    if line.last == 0x0D { line.removeLast() }
    position += end + lineBreak - start
    start = end + lineBreak
    return line
  }

  private func fill() throws(TransferError) {
    let size = 1 << 20
    let known = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: size))
    let count = buffer.withUnsafeMutableBytes { bytes -> Int in
      guard let base = bytes.baseAddress else { return 0 }
      return read(descriptor, base + known, size)
    }
    buffer.removeLast(size - max(0, count))
    guard count >= 0 else { throw .file(path: path, reason: SystemError.text) }
    isAtEnd = count == 0
  }
}
