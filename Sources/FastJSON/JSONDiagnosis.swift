/// Finds the first fault of a text that the parser refused without saying where or why.
///
/// A second, slow and plain reading of the grammar: it also serves to check the parser in tests.
package struct JSONDiagnosis {
  /// What an examination found.
  package enum Finding: Equatable {
    /// Nothing is wrong.
    case wellFormed
    /// Nothing is wrong but integers beyond 64 bits, which end before these offsets.
    case longIntegers(endingAt: [Int])
    /// The first fault.
    case malformed(JSONSyntaxError)
  }

  /// A fault at the current position.
  struct Fault: Error {
    let message: String
    init(_ message: String) { self.message = message }
  }

  enum Container { case array, object }

  let bytes: UnsafeRawBufferPointer
  let maximumDepth: Int
  var position = 0
  var longIntegerEnds: [Int] = []
  private var open: [Container] = []

  /// Reads the whole text, nested at most `maximumDepth` levels.
  package static func examine(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int) -> Finding {
    var diagnosis = JSONDiagnosis(bytes: bytes, maximumDepth: maximumDepth)
    do throws(Fault) {
      try diagnosis.document()
    } catch {
      return .malformed(diagnosis.syntaxError(error))
    }
    let ends = diagnosis.longIntegerEnds
    return ends.isEmpty ? .wellFormed : .longIntegers(endingAt: ends)
  }

  private init(bytes: UnsafeRawBufferPointer, maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  private func syntaxError(_ fault: Fault) -> JSONSyntaxError {
    let newline = UInt8(ascii: "\n")
    let before = bytes[..<min(position, bytes.count)]
    let line = before.reduce(1) { $1 == newline ? $0 + 1 : $0 }
    let lineStart = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
    // At the end of the text there is no offending byte: the last one is named.
    let column = position - lineStart + (position < bytes.count ? 1 : 0)
    return JSONSyntaxError(message: fault.message, line: line, column: column)
  }

  /// The byte at the current position, `nil` at the end of the text.
  var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipWhitespace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func document() throws(Fault) {
    repeat {
      let opened = try value()
      if !opened { try closeContainers() }
    } while !open.isEmpty
    skipWhitespace()
    if current != nil { throw Fault("trailing characters") }
  }

  /// Reads a scalar or an empty container, or enters a container up to its first value.
  private mutating func value() throws(Fault) -> Bool {
    skipWhitespace()
    switch current {
    case nil: throw Fault("EOF while parsing a value")
    case UInt8(ascii: "["):
      position += 1
      skipWhitespace()
      if current == nil { throw Fault("EOF while parsing a list") }
      if current == UInt8(ascii: "]") {
        position += 1
        return false
      }
      try enter(.array)
      return true
    case UInt8(ascii: "{"):
      position += 1
      skipWhitespace()
      if current == nil { throw Fault("EOF while parsing an object") }
      if current == UInt8(ascii: "}") {
        position += 1
        return false
      }
      try enter(.object)
      try key()
      return true
    default:
      try scalar()
      return false
    }
  }

  private mutating func enter(_ container: Container) throws(Fault) {
    if open.count >= maximumDepth { throw Fault("recursion limit exceeded") }
    open.append(container)
  }

  private mutating func key() throws(Fault) {
    skipWhitespace()
    if current == nil { throw Fault("EOF while parsing a value") }
    if current != UInt8(ascii: "\"") { throw Fault("key must be a string") }
    try string()
    skipWhitespace()
    if current == nil { throw Fault("EOF while parsing an object") }
    if current != UInt8(ascii: ":") { throw Fault("expected `:`") }
    position += 1
  }

  /// After a value: leaves the containers that end here, and passes the comma if one goes on.
  private mutating func closeContainers() throws(Fault) {
    while let container = open.last {
      let close = container == .array ? UInt8(ascii: "]") : UInt8(ascii: "}")
      skipWhitespace()
      switch current {
      case nil:
        throw Fault(
          container == .array ? "EOF while parsing a list" : "EOF while parsing an object")
      case close:
        position += 1
        open.removeLast()
      case UInt8(ascii: ","):
        position += 1
        skipWhitespace()
        if current == close { throw Fault("trailing comma") }
        if container == .object { try key() }
        return
      default:
        throw Fault(container == .array ? "expected `,` or `]`" : "expected `,` or `}`")
      }
    }
  }
}
