package import HTTPTypes

/// The part of a file that a client asks for, as one that goes on with a download (RFC 9110,
/// section 14.2).
package enum ByteRange: Equatable {
  /// All of it: no part is asked for, or one in a way that is not known. So are several, which a
  /// server need not send.
  case whole
  /// Bytes from the first on, up to the end of the range.
  case part(Range<Int>)
  /// A part that the file does not have.
  case beyond

  /// What is asked for of a file of `size` bytes.
  package init(_ request: HTTPRequest, size: Int) {
    let headers = request.headerFields
    // Of other methods ranges say nothing, and there is no validator that a condition could name.
    guard request.method == .get, headers[.ifRange] == nil, let field = headers[.range] else {
      self = .whole
      return
    }
    self.init(field, size: size)
  }

  private init(_ field: String, size: Int) {
    self = .whole
    let halves = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2, halves[0].lowercased() == "bytes" else { return }
    let bounds = halves[1].split(separator: "-", omittingEmptySubsequences: false)
    guard bounds.count == 2, let (first, last) = Self.numbers(bounds[0], bounds[1]) else { return }
    switch (first, last) {
    case (let first?, let last?):
      guard first <= last else { return }
      self = first < size ? .part(first..<min(last, size - 1) + 1) : .beyond
    case (let first?, nil): self = first < size ? .part(first..<size) : .beyond
    case (nil, let length?):
      self = length > 0 && size > 0 ? .part(max(0, size - length)..<size) : .beyond
    case (nil, nil): return
    }
  }

  /// The two numbers, `nil` for one that is left out. Those too great to be numbers of ours are the
  /// greatest.
  private static func numbers(_ first: Substring, _ last: Substring) -> (Int?, Int?)? {
    guard first.utf8.allSatisfy(isDigit), last.utf8.allSatisfy(isDigit) else { return nil }
    return (
      first.isEmpty ? nil : Int(first) ?? .max - 1, last.isEmpty ? nil : Int(last) ?? .max - 1
    )
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
