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
    var request = QueryRequest(prefetch: try prefetches(of: body), using: using ?? "")
    request.query = try body.optional("query") { field throws(DecodingFault) in
      try query(field)
    }
    try SearchParamsDecoder.readCommon(body, into: &request)
    request.lookupFrom = try body.optional("lookup_from") { field throws(DecodingFault) in
      try lookup(field)
    }
    return request
  }

  /// One prefetch, or a list of them.
  private static func prefetches(of body: FieldReader) throws(DecodingFault) -> [QueryNode] {
    try body.optional("prefetch") { field throws(DecodingFault) in
      if field.element.kind == .array {
        return try field.map { entry throws(DecodingFault) in try prefetch(entry) }
      }
      do throws(DecodingFault) {
        return [try prefetch(field)]
      } catch {
        throw error.under(0)
      }
    } ?? []
  }

  private static func prefetch(_ body: FieldReader) throws(DecodingFault) -> QueryNode {
    try body.requireObject("a prefetch")
    let using = try body.optional("using") { field throws(DecodingFault) in try field.string() }
    let limit = try body.optional("limit") { field throws(DecodingFault) in
      try field.integer(from: 1)
    }
    return QueryNode(
      prefetch: try prefetches(of: body),
      query: try body.optional("query") { field throws(DecodingFault) in try query(field) },
      using: using ?? "", filter: try SearchParamsDecoder.filter(of: body),
      params: try SearchParamsDecoder.params(of: body),
      scoreThreshold: try SearchParamsDecoder.scoreThreshold(of: body), limit: limit ?? 10,
      lookupFrom: try body.optional("lookup_from") { field throws(DecodingFault) in
        try lookup(field)
      })
  }

  private static func query(_ field: FieldReader) throws(DecodingFault) -> Query {
    guard let object = field.element.object else { return .nearest(try vector(field)) }
    if DocumentDecoder.isDocument(field) { return .nearest(try vector(field)) }
    if object["indices"] != nil || object["values"] != nil { return .nearest(try vector(field)) }
    // Of several the first counts.
    if let query = try nearest(field) { return query }
    if let query = try exampleOrOrder(field) { return query }
    if let query = try merge(field) { return query }
    throw .format("data did not match any variant of untagged enum QueryInterface")
  }

  /// What is near to a vector, if that is asked for.
  private static func nearest(_ field: FieldReader) throws(DecodingFault) -> Query? {
    let nearest = try field.optional("nearest") { input throws(DecodingFault) in
      try vector(input)
    }
    guard let nearest else { return nil }
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

  /// A query that makes something of what prefetches found, if this is one.
  private static func merge(_ field: FieldReader) throws(DecodingFault) -> Query? {
    let name = try field.optional("fusion") { input throws(DecodingFault) in
      try input.choice(["rrf", "dbsf"])
    }
    if let name { return .fusion(name == "dbsf" ? .scoreDistribution : .reciprocalRank()) }
    let ranks = try field.optional("rrf") { input throws(DecodingFault) in
      try input.requireObject()
      let k = try input.optional("k") { value throws(DecodingFault) in try value.integer(from: 1) }
      let weights = try input.optional("weights") { value throws(DecodingFault) in
        try value.map { weight throws(DecodingFault) in try weight.float() }
      }
      return Query.fusion(.reciprocalRank(k: k ?? 2, weights: weights))
    }
    if let ranks { return ranks }
    return field["formula"] == nil ? nil : .formula(try FormulaDecoder.formula(field))
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
    let feedback = try field.optional("relevance_feedback") { input throws(DecodingFault) in
      try ExampleQueryDecoder.feedback(input)
    }
    if let feedback { return feedback }
    let sample = try field.optional("sample") { input throws(DecodingFault) in
      try input.choice(["random"])
    }
    return sample == nil ? nil : .sample
  }

  /// A vector, or the id of a point that has one.
  ///
  /// - Parameter allowsEmpty: whether a list may be empty, for a fault that is told later.
  static func vector(
    _ field: FieldReader, allowsEmpty: Bool = false
  ) throws(DecodingFault) -> QueryVector {
    switch field.element.kind {
    case .array, .object: .value(try field.vector(allowsEmpty: allowsEmpty))
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
