import FastJSON
import PointModel

/// Reads the bodies of universal queries.
enum QueryDecoder {
  static func request(_ body: FieldReader) throws(DecodingFault) -> QueryRequest {
    try body.requireObject()
    try body.refuseShardKey()
    do throws(DecodingFault) {
      return try inner(body)
    } catch {
      // Qdrant validates the members in an inner structure, and its texts say so.
      throw error.kind == .validation ? error.under("internal") : error
    }
  }

  static func batch(_ body: FieldReader) throws(DecodingFault) -> [QueryRequest] {
    try body.required("searches") { field throws(DecodingFault) in
      try field.map { entry throws(DecodingFault) in try request(entry) }
    }
  }

  private static func inner(_ body: FieldReader) throws(DecodingFault) -> QueryRequest {
    var request = try parts(body)
    let limit = try body.optional("limit") { field throws(DecodingFault) in
      try field.integer(from: 1)
    }
    request.limit = limit ?? 10
    return request
  }

  /// All of a query but its limit.
  static func parts(_ body: FieldReader) throws(DecodingFault) -> QueryRequest {
    let using = try body.optional("using") { field throws(DecodingFault) in try field.string() }
    try checkPrefetch(body, using: using)
    var request = QueryRequest(using: using ?? "")
    request.query = try body.optional("query") { field throws(DecodingFault) in
      try query(field)
    }
    try SearchParamsDecoder.readCommon(body, into: &request)
    request.lookupFrom = try body.optional("lookup_from") { field throws(DecodingFault) in
      try lookup(field)
    }
    return request
  }

  /// The rules on how prefetches, fusion and `using` go together come before all else.
  private static func checkPrefetch(
    _ body: FieldReader, using: String?
  ) throws(DecodingFault) {
    let prefetch = body["prefetch"]
    let query = body["query"]
    let prefetches = prefetch.map { $0.element.array?.isEmpty != true } ?? false
    if prefetches, query == nil {
      throw .badRequest(
        "A query is needed to merge the prefetches. "
          + "Can't have prefetches without defining a query.")
    }
    if using != nil, query?["fusion"] != nil || query?["rrf"] != nil {
      throw .badRequest("Fusion queries cannot be combined with the 'using' field.")
    }
    if prefetches { throw .unsupported("`prefetch` is") }
  }

  private static let unsupportedQueries = ["fusion", "rrf", "formula", "relevance_feedback"]

  private static func query(_ field: FieldReader) throws(DecodingFault) -> Query {
    guard let object = field.element.object else { return .nearest(try vector(field)) }
    if DocumentDecoder.isDocument(field) { return .nearest(try vector(field)) }
    if object["indices"] != nil || object["values"] != nil { return .nearest(try vector(field)) }
    if let name = unsupportedQueries.first(where: { object[$0] != nil }) {
      throw .unsupported("`\(name)` queries are")
    }
    if let query = try exampleOrOrder(field) { return query }
    guard object["nearest"] != nil else {
      throw .format("data did not match any variant of untagged enum QueryInterface")
    }
    let nearest = try field.required("nearest") { input throws(DecodingFault) in
      try vector(input)
    }
    let mmr = try field.optional("mmr") { input throws(DecodingFault) in
      let diversity = try input.optional("diversity") { value throws(DecodingFault) in
        try value.float(from: 0, through: 1)
      }
      let candidates = try input.optional("candidates_limit") { value throws(DecodingFault) in
        try value.integer(through: 16384)
      }
      try input.requireObject()
      return Query.mmr(nearest, diversity: diversity ?? 0.5, candidates: candidates)
    }
    return mmr ?? .nearest(nearest)
  }

  /// A query by examples or in an order, if this is one.
  private static func exampleOrOrder(_ field: FieldReader) throws(DecodingFault) -> Query? {
    if let query = try field.optional(
      "recommend",
      { input throws(DecodingFault) in try ExampleQueryDecoder.recommend(input) })
    {
      return query
    }
    if let query = try field.optional(
      "discover", { input throws(DecodingFault) in try ExampleQueryDecoder.discover(input) })
    {
      return query
    }
    let context = try field.optional("context") { input throws(DecodingFault) in
      try ExampleQueryDecoder.pairs(input)
    }
    if let context { return .context(context) }
    let order = try field.optional("order_by") { input throws(DecodingFault) in
      try OrderByDecoder.orderBy(input)
    }
    if let order { return .orderBy(order) }
    let sample = try field.optional("sample") { input throws(DecodingFault) in
      try input.choice(["random"])
    }
    return sample == nil ? nil : .sample
  }

  /// A vector, or the id of a point that has one.
  static func vector(_ field: FieldReader) throws(DecodingFault) -> QueryVector {
    switch field.element.kind {
    case .array, .object: .value(try field.vector())
    case .integer, .unsigned, .string: .point(try field.pointID())
    default: throw field.unexpected("a vector or a point ID")
    }
  }

  static func lookup(_ field: FieldReader) throws(DecodingFault) -> LookupLocation {
    try field.refuseShardKey()
    return LookupLocation(
      collection: try field.required("collection") { name throws(DecodingFault) in
        try name.string()
      },
      vector: try field.optional("vector") { name throws(DecodingFault) in try name.string() })
  }
}
