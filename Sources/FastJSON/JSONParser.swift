import CSimdJSON

/// A simdjson parser with its buffers, held by one document or by the pool.
// SAFETY: The pool hands a parser to one document at a time and takes it back when the document
// dies. Only the document's initializer writes through `handle`, before the document is shared;
// later accesses read the finished tape. The pool's mutex orders one owner's accesses before the
// next owner's.
final class JSONParser: @unchecked Sendable {
  private let handle: OpaquePointer

  init?() {
    guard let handle = csimdjson_parser_create() else { return nil }
    self.handle = handle
  }

  deinit { csimdjson_parser_destroy(handle) }

  /// The largest input, in bytes, that fits without growing.
  var capacity: Int { csimdjson_parser_capacity(handle) }

  /// Room for an input of `count` bytes, nested at most `maximumDepth` levels; `nil` with the
  /// reason when there is none. It is the parser's until the next call.
  func reserve(
    _ count: Int, maximumDepth: Int, _ status: inout csimdjson_status
  ) -> UnsafeMutableRawBufferPointer? {
    var input: UnsafeMutablePointer<UInt8>?
    status = csimdjson_reserve(handle, count, maximumDepth, &input)
    return input.map { UnsafeMutableRawBufferPointer(start: $0, count: count) }
  }

  /// Parses the `count` bytes that are in the room reserved last.
  func parse(_ count: Int, into tape: inout JSONTape?) -> csimdjson_status {
    var view = csimdjson_view()
    let status = csimdjson_parse(handle, count, &view)
    if status == csimdjson_ok, let words = view.tape, let strings = view.strings {
      tape = JSONTape(words: words, strings: strings)
    }
    return status
  }
}
