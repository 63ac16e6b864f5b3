import PointModel

/// Reads the bodies of recommendations and discoveries that preceded universal queries.
enum LegacyExampleDecoder {
  static func recommend(_ body: FieldReader) throws(DecodingFault) -> QueryRequest {
    try request(body, in: "recommend_request") { body throws(DecodingFault) in
      try recommendParts(body)
    }
  }

  static func discover(_ body: FieldReader) throws(DecodingFault) -> QueryRequest {
    try request(body, in: "discover_request") { body throws(DecodingFault) in
      try discoverParts(body)
    }
  }

  static func recommendBatch(_ body: FieldReader) throws(DecodingFault) -> [QueryRequest] {
    try body.required("searches") { field throws(DecodingFault) in
      try field.map { entry throws(DecodingFault) in try recommend(entry) }
    }
  }

  static func discoverBatch(_ body: FieldReader) throws(DecodingFault) -> [QueryRequest] {
    try body.required("searches") { field throws(DecodingFault) in
      try field.map { entry throws(DecodingFault) in try discover(entry) }
    }
  }

  /// All of a recommendation but its limit.
  static func recommendParts(_ body: FieldReader) throws(DecodingFault) -> QueryRequest {
    let query = RecommendQuery(
      positive: try ExampleQueryDecoder.examples("positive", of: body),
      negative: try ExampleQueryDecoder.examples("negative", of: body),
      strategy: try ExampleQueryDecoder.strategy(of: body))
    return try parts(body, query: .recommend(query))
  }

  private static func discoverParts(_ body: FieldReader) throws(DecodingFault) -> QueryRequest {
    let target = try body.optional("target") { field throws(DecodingFault) in
      try QueryDecoder.vector(field)
    }
    let context =
      try body.optional("context") { field throws(DecodingFault) in
        try ExampleQueryDecoder.pairs(field)
      } ?? []
    guard let target else { return try parts(body, query: .context(context)) }
    return try parts(body, query: .discover(target: target, context: context))
  }

  private static func parts(
    _ body: FieldReader, query: Query
  ) throws(DecodingFault) -> QueryRequest {
    let using = try body.optional("using") { field throws(DecodingFault) in try field.string() }
    var request = QueryRequest(query: query, using: using ?? "")
    try SearchParamsDecoder.readCommon(body, into: &request)
    request.lookupFrom = try body.optional("lookup_from") { field throws(DecodingFault) in
      try QueryDecoder.lookup(field)
    }
    return request
  }

  private static func request(
    _ body: FieldReader, in scope: String,
    _ parts: (FieldReader) throws(DecodingFault) -> QueryRequest
  ) throws(DecodingFault) -> QueryRequest {
    try body.requireObject()
    try body.refuseShardKey()
    var request = try parts(body)
    guard let limit = try SearchParamsDecoder.limit(of: body, in: scope, alias: "top") else {
      throw .missing("limit")
    }
    request.limit = limit
    return request
  }
}
