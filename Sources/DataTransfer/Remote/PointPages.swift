import FastJSON

/// Walks all points of a collection in the order of their ids, page by page.
///
/// Pages that turn out too large to be taken are asked for again with half as many points.
struct PointPages: Sendable {
  /// One page: its points, and where the next one begins; `next` is JSON, `nil` behind the last.
  struct Page: Sendable {
    let points: JSONArray
    let next: [UInt8]?
  }

  let source: RemotePoints
  private(set) var limit: Int
  private var offset: [UInt8]?
  private var isOver = false

  /// Begins at the point with the id `offset`, as JSON, or at the first one.
  init(of source: RemotePoints, limit: Int, from offset: [UInt8]? = nil) {
    self.source = source
    self.limit = max(1, limit)
    self.offset = offset
  }

  /// The next page, `nil` behind the last.
  mutating func next() async throws(TransferError) -> Page? {
    if isOver { return nil }
    let result = try await fetch()
    guard let points = result["points"]?.array else {
      throw .unexpectedAnswer(
        what: "scroll over \(source.collection)", reason: "there are no `points`")
    }
    var next: [UInt8]?
    if let element = result["next_page_offset"], !element.isNull {
      var writer = JSONWriter()
      element.write(to: &writer)
      next = writer.bytes
    }
    offset = next
    isOver = next == nil
    return Page(points: points, next: next)
  }

  private mutating func fetch() async throws(TransferError) -> JSONElement {
    while true {
      var writer = JSONWriter()
      writer.beginObject()
      writer.key("limit")
      writer.integer(limit)
      writer.key("with_payload")
      writer.bool(true)
      writer.key("with_vector")
      writer.bool(true)
      if let offset {
        writer.key("offset")
        writer.rawValue(offset)
      }
      writer.endObject()
      do {
        return try await source.scroll(writer.bytes)
      } catch {
        guard case .answerTooLarge = error, limit > 1 else { throw error }
        limit /= 2
      }
    }
  }
}
