import HTTPTypes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Picks one part out of a `multipart/form-data` body that arrives in pieces, in bounded memory.
package struct MultipartFile: Sendable {
  private enum Place { case skipped, wanted, boundary, headers, end }

  /// Bytes of the headers of a part of a multipart body.
  private static let headersBytesMax = 16 << 10
  /// Bytes of what stands between such parts.
  private static let boundaryBytesMax = 200

  private let name: String
  private let delimiter: [UInt8]
  private var place = Place.skipped
  /// What has arrived and can't be told yet; a delimiter is looked for with its line break, which
  /// the first one lacks.
  private var pending = Array("\r\n".utf8)
  /// Whether the part was there.
  package private(set) var isFound = false

  /// - Parameters:
  ///   - contentType: of the whole body.
  ///   - name: of the part that is wanted.
  /// - Returns: `nil` when the body is not of that form.
  package init?(contentType: String, name: String) {
    guard contentType.lowercased().hasPrefix("multipart/form-data"),
      let boundary = Self.parameter("boundary", of: contentType),
      (1...Self.boundaryBytesMax).contains(boundary.utf8.count)
    else { return nil }
    self.name = name
    delimiter = Array("\r\n--\(boundary)".utf8)
  }

  /// Whether the body's last boundary has been seen.
  package var isComplete: Bool { place == .end }

  /// Takes the next piece of the body and passes on what of it belongs to the part.
  ///
  /// - Throws: 400 when the body is malformed, and whatever `write` throws.
  package mutating func feed(
    _ piece: some Sequence<UInt8>, _ write: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    pending.append(contentsOf: piece)
    var start = 0
    while try step(&start, write) {}
    pending.removeFirst(start)
  }

  /// Goes on from `start`; `false` when more has to arrive first.
  private mutating func step(
    _ start: inout Int, _ write: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Bool {
    switch place {
    case .skipped, .wanted:
      let found = find(delimiter, from: start)
      // The end of what is pending may be the beginning of a delimiter.
      let end = found ?? max(start, pending.count - delimiter.count + 1)
      if place == .wanted, end > start {
        try pending.withUnsafeBytes {
          try write(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
        }
      }
      start = end
      guard found != nil else { return false }
      start += delimiter.count
      place = .boundary
    case .boundary:
      guard pending.count - start >= 2 else { return false }
      if pending[start] == UInt8(ascii: "-"), pending[start + 1] == UInt8(ascii: "-") {
        place = .end
        return true
      }
      guard let end = find(Array("\r\n".utf8), from: start) else { return try wait(start) }
      // The line break stays: it ends headers that are empty.
      start = end
      place = .headers
    case .headers:
      guard let end = find(Array("\r\n\r\n".utf8), from: start) else { return try wait(start) }
      let text = String(decoding: pending[start..<end], as: UTF8.self)
      start = end + 4
      let isWanted = !isFound && Self.partName(text) == name
      if isWanted { isFound = true }
      place = isWanted ? .wanted : .skipped
    case .end:
      start = pending.count
      return false
    }
    return true
  }

  private func wait(_ start: Int) throws(RESTError) -> Bool {
    guard pending.count - start <= Self.headersBytesMax else {
      throw RESTError(.badRequest, "Bad request: the headers of a part are too long")
    }
    return false
  }

  private func find(_ needle: [UInt8], from start: Int) -> Int? {
    pending.withUnsafeBytes { bytes -> Int? in
      guard let base = bytes.baseAddress else { return nil }
      var position = start
      while position <= bytes.count - needle.count {
        let candidates = bytes.count - needle.count - position + 1
        guard let found = memchr(base + position, Int32(needle[0]), candidates) else { break }
        position = UnsafeRawPointer(found) - base
        if memcmp(found, needle, needle.count) == 0 { return position }
        position += 1
      }
      return nil
    }
  }

  private static func partName(_ headers: String) -> String? {
    for line in headers.split(separator: "\r\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "content-disposition" else { continue }
      return parameter("name", of: String(parts[1]))
    }
    return nil
  }

  /// A parameter of a header's value, without its quotes.
  private static func parameter(_ name: String, of value: String) -> String? {
    for part in value.split(separator: ";").dropFirst() {
      let sides = part.split(separator: "=", maxSplits: 1)
      guard sides.count == 2 else { continue }
      let key = sides[0].filter { $0 != " " }
      guard key.lowercased() == name else { continue }
      var text = sides[1]
      while text.first == " " { text.removeFirst() }
      while text.last == " " { text.removeLast() }
      if text.count >= 2, text.first == "\"", text.last == "\"" {
        text = text.dropFirst().dropLast()
      }
      return String(text)
    }
    return nil
  }
}
