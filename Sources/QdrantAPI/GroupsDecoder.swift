import FastJSON
import PointModel

/// Reads the bodies of grouped queries, and of the grouped searches that preceded them.
enum GroupsDecoder {
  /// How Qdrant calls the inner structure that members are validated in.
  private static let scope = "search_group_request"

  static func query(_ body: FieldReader) throws(DecodingFault) -> GroupsRequest {
    try body.requireObject()
    try body.refuseShardKey()
    do throws(DecodingFault) {
      return try request(body, query: try QueryDecoder.parts(body))
    } catch {
      throw error.kind == .validation ? error.under(scope) : error
    }
  }

  static func search(_ body: FieldReader) throws(DecodingFault) -> GroupsRequest {
    try legacy(body) { body throws(DecodingFault) in try LegacySearchDecoder.parts(body) }
  }

  static func recommend(_ body: FieldReader) throws(DecodingFault) -> GroupsRequest {
    try legacy(body) { body throws(DecodingFault) in
      try LegacyExampleDecoder.recommendParts(body)
    }
  }

  /// The older routes demand sizes that queries have defaults for.
  private static func legacy(
    _ body: FieldReader, _ parts: (FieldReader) throws(DecodingFault) -> QueryRequest
  ) throws(DecodingFault) -> GroupsRequest {
    try body.requireObject()
    try body.refuseShardKey()
    for key in ["group_size", "limit"] where body[key] == nil { throw .missing(key) }
    do throws(DecodingFault) {
      return try request(body, query: try parts(body))
    } catch {
      throw error.kind == .validation ? error.under(scope) : error
    }
  }

  private static func request(
    _ body: FieldReader, query: QueryRequest
  ) throws(DecodingFault) -> GroupsRequest {
    let key = try body.required("group_by") { field throws(DecodingFault) in
      try field.payloadPath()
    }
    var request = GroupsRequest(query: query, groupBy: key)
    if let size = try size("group_size", of: body) { request.groupSize = size }
    if let limit = try size("limit", of: body) { request.limit = limit }
    request.lookup = try body.optional("with_lookup") { field throws(DecodingFault) in
      try lookup(field)
    }
    return request
  }

  private static func size(_ key: String, of body: FieldReader) throws(DecodingFault) -> Int? {
    do throws(DecodingFault) {
      return try body.optional(key) { field throws(DecodingFault) in try field.integer(from: 1) }
    } catch {
      throw error.kind == .validation ? error.under("group_request") : error
    }
  }

  /// A collection's name, or an object of it and of what is returned.
  private static func lookup(_ field: FieldReader) throws(DecodingFault) -> GroupLookup {
    if let name = field.element.string { return GroupLookup(collection: name) }
    try field.requireObject("a collection's name, or an object with `collection`")
    return GroupLookup(
      collection: try field.required("collection") { name throws(DecodingFault) in
        try name.string()
      },
      withPayload: try SelectorDecoder.payload(of: field, otherwise: .all),
      withVector: try SelectorDecoder.vector(of: field))
  }
}
