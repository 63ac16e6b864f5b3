import CSimdJSON

/// A parsed and fully validated JSON document.
///
/// The document is immutable once made. Memory is several times the input's size, so large
/// documents should not be kept longer than it takes to read them.
///
/// SAFETY (`@unchecked Sendable`): `contents` is set again only by a ``JSONRecordParser`` that
/// holds the only reference; nobody else can be reading it then.
public final class JSONDocument: @unchecked Sendable {
  /// Levels that any caller can allow, which bounds the recursion of writing a document.
  public static let depthMax = 1024

  private let parser: JSONParser
  private var contents: Contents

  // SAFETY: The pointers are into buffers of `parser`, which nobody writes while the document
  // holds it; all accesses go through `withTape`, which keeps the document alive.
  private struct Contents: @unchecked Sendable {
    let tape: JSONTape
  }

  /// Parses the bytes of one JSON text in UTF-8.
  ///
  /// - Parameters:
  ///   - bytes: The text, without padding or byte order mark; copied.
  ///   - maximumDepth: How many arrays and objects may be nested, at most `depthMax`. An
  ///     empty array or object does not count.
  /// - Throws: `JSONSyntaxError` if the bytes are anything but one valid JSON text.
  public convenience init(
    parsing bytes: UnsafeRawBufferPointer, maximumDepth: Int = 128
  ) throws(JSONSyntaxError) {
    try self.init(byteCount: bytes.count, maximumDepth: maximumDepth) { $0.copyMemory(from: bytes) }
  }

  /// Parses one JSON text in UTF-8 of `byteCount` bytes, which `fill` writes to where they are
  /// parsed: a text that lies in pieces need not be put together before.
  public convenience init(
    byteCount: Int, maximumDepth: Int = 128, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(JSONSyntaxError) {
    let (parser, tape) = try Self.parse(byteCount, maximumDepth: maximumDepth, fill)
    self.init(parser: parser, tape: tape)
  }

  /// Parses the bytes of one JSON text in UTF-8; see the other initializer.
  public convenience init(
    parsing bytes: [UInt8], maximumDepth: Int = 128
  ) throws(JSONSyntaxError) {
    try self.init(byteCount: bytes.count, maximumDepth: maximumDepth) { $0.copyBytes(from: bytes) }
  }

  /// Parses another text in the place of this one, which nobody else may refer to.
  ///
  /// - Returns: false when the text needs a closer look, as a document of its own; then this one
  ///   must not be read any more.
  func replace(by bytes: UnsafeRawBufferPointer, maximumDepth: Int) -> Bool {
    var status = csimdjson_ok
    guard let room = parser.reserve(bytes.count, maximumDepth: maximumDepth, &status) else {
      return false
    }
    room.copyMemory(from: bytes)
    var tape: JSONTape?
    _ = parser.parse(bytes.count, into: &tape)
    guard let tape else { return false }
    contents = Contents(tape: tape)
    return true
  }

  private init(parser: JSONParser, tape: JSONTape) {
    self.parser = parser
    self.contents = Contents(tape: tape)
  }

  deinit { JSONParserPool.shared.give(back: parser) }

  /// The document's value.
  public var root: JSONElement { JSONElement(document: self, index: JSONTape.rootIndex) }

  /// Reads the tape. The pointers in it must not leave the closure.
  @inline(__always)
  func withTape<R>(_ body: (JSONTape) throws -> R) rethrows -> R {
    defer { withExtendedLifetime(self) {} }
    return try body(contents.tape)
  }

  private static func parse(
    _ count: Int, maximumDepth: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(JSONSyntaxError) -> (JSONParser, JSONTape) {
    guard let parser = JSONParserPool.shared.take(forInputOf: count) else {
      throw JSONSyntaxError(message: "out of memory")
    }
    let depth = min(max(maximumDepth, 0), depthMax)
    var tape: JSONTape?
    var status = csimdjson_ok
    var failure: JSONSyntaxError?
    if let room = parser.reserve(count, maximumDepth: depth, &status) {
      fill(room)
      status = parser.parse(count, into: &tape)
      if let tape { return (parser, tape) }
      if status != csimdjson_out_of_memory {
        let bytes = UnsafeRawBufferPointer(room)
        switch JSONDiagnosis.examine(bytes, maximumDepth: depth) {
        case .malformed(let error): failure = error
        case .longIntegers(let ends):
          let rewritten = spellAsDoubles(bytes, integersEndingAt: ends)
          if let room = parser.reserve(rewritten.count, maximumDepth: depth, &status) {
            room.copyBytes(from: rewritten)
            status = parser.parse(rewritten.count, into: &tape)
            if let tape { return (parser, tape) }
          }
        case .wellFormed: break
        }
      }
    }
    JSONParserPool.shared.give(back: parser)
    switch status {
    case csimdjson_out_of_memory: throw JSONSyntaxError(message: "out of memory")
    case csimdjson_too_large: throw JSONSyntaxError(message: "document too large")
    default: throw failure ?? JSONSyntaxError(message: "invalid JSON")
    }
  }

  /// Integers beyond 64 bits are read as doubles, which the parser does when told by a fraction.
  private static func spellAsDoubles(
    _ bytes: UnsafeRawBufferPointer, integersEndingAt ends: [Int]
  ) -> [UInt8] {
    var rewritten: [UInt8] = []
    rewritten.reserveCapacity(bytes.count + 2 * ends.count)
    var start = 0
    for end in ends {
      rewritten.append(contentsOf: bytes[start..<end])
      rewritten.append(contentsOf: [UInt8(ascii: "."), UInt8(ascii: "0")])
      start = end
    }
    rewritten.append(contentsOf: bytes[start...])
    return rewritten
  }
}
