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

  func parse(
    _ bytes: UnsafeRawBufferPointer, maximumDepth: Int, into tape: inout JSONTape?
  ) -> csimdjson_status {
    var view = csimdjson_view()
    let status = csimdjson_parse(handle, bytes.baseAddress, bytes.count, maximumDepth, &view)
    if status == csimdjson_ok, let words = view.tape, let strings = view.strings {
      tape = JSONTape(words: words, strings: strings)
    }
    return status
  }
}
