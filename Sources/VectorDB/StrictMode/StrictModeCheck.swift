import FastJSON
import PointModel

/// Holds requests against the bounds that a collection places on them.
struct StrictModeCheck {
  let strictMode: StrictMode
  let collection: PointCollection

  func check(timeout seconds: Int) throws(CollectionError) {
    try check(seconds, within: strictMode.maxTimeout, "timeout")
  }

  func check(batchOf count: Int) throws(CollectionError) {
    try check(count, within: strictMode.searchMaxBatchSize, "search batch size")
  }

  func check(_ request: QueryRequest) throws(CollectionError) {
    try check(query: request.root, limit: request.limit)
  }

  func check(_ request: GroupsRequest) throws(CollectionError) {
    try checkGroupingField(request.groupBy)
    try check(
      query: request.query.root, limit: request.limit.multipliedSaturating(by: request.groupSize))
  }

  func check(_ request: ScrollRequest) throws(CollectionError) {
    if let limit = request.statedLimit { try check(limit: limit) }
    try check(filter: request.filter, allowsUnindexed: strictMode.unindexedFilteringRetrieve)
  }

  func check(_ request: FacetRequest) throws(CollectionError) {
    if let limit = request.statedLimit { try check(limit: limit) }
    try check(filter: request.filter, allowsUnindexed: strictMode.unindexedFilteringRetrieve)
    try check(exact: request.exact)
  }

  func check(_ request: MatrixRequest) throws(CollectionError) {
    // What is left out does not count.
    try check(
      limit: (request.statedLimit ?? 1).multipliedSaturating(by: request.statedSample ?? 1))
    try check(filter: request.filter, allowsUnindexed: strictMode.unindexedFilteringRetrieve)
  }

  func check(countOf filter: Filter?, exact: Bool) throws(CollectionError) {
    try check(filter: filter, allowsUnindexed: strictMode.unindexedFilteringRetrieve)
    try check(exact: exact)
  }

  /// All but what depends on the size of the collection.
  func check(_ operation: Operation) throws(CollectionError) {
    switch operation {
    case .upsert(let points, _):
      try check(points.count, within: strictMode.upsertMaxBatchSize, "upsert limit")
      for point in points { try check(point.vectors) }
    case .updateVectors(let points, _):
      try check(points.count, within: strictMode.upsertMaxBatchSize, "update limit")
      for point in points { try check(point.vectors) }
    case .delete(let selector), .setPayload(_, let selector, _), .overwritePayload(_, let selector),
      .deletePayload(_, let selector), .clearPayload(let selector), .deleteVectors(_, let selector):
      if case .filter(let filter) = selector {
        try check(filter: filter, allowsUnindexed: strictMode.unindexedFilteringUpdate)
      }
    }
  }

  /// Refuses sparse vectors and multivectors that are too long.
  private func check(_ vectors: [NamedVector]) throws(CollectionError) {
    for vector in vectors {
      switch vector.value {
      case .dense: break
      case .sparse(let sparse):
        guard let limit = strictMode.maxSparseLengths[vector.name], sparse.indices.count > limit
        else { continue }
        throw .badRequest(
          "Sparse vector '\(vector.name)' has a limit of \(limit) indices, "
            + "but \(sparse.indices.count) were provided!")
      case .multi(let multi):
        guard let limit = strictMode.maxMultiVectors[vector.name], multi.count > limit
        else { continue }
        throw .badRequest(
          "Multivector '\(vector.name)' has a limit of \(limit) vectors, "
            + "but \(multi.count) were provided!")
      }
    }
  }

  /// Prefetches are held against the same bounds, each by itself.
  private func check(query request: QueryNode, limit: Int) throws(CollectionError) {
    for child in request.prefetch { try check(query: child, limit: child.limit) }
    if request.prefetch.isEmpty { try checkFullScan(request) }
    if case .formula(let formula) = request.query { try check(formula) }
    try check(limit: limit)
    try check(filter: request.filter, allowsUnindexed: strictMode.unindexedFilteringRetrieve)
    let params = request.params
    if let oversampling = params.oversampling, let limit = strictMode.searchMaxOversampling,
      oversampling > limit
    {
      throw Self.exceeded(oversampling.told, limit.told, "oversampling")
    }
    if let ef = params.hnswEf { try check(ef, within: strictMode.searchMaxHNSWEf, "hnsw_ef") }
    try check(exact: params.exact)
  }

  private func check(limit: Int) throws(CollectionError) {
    try check(limit, within: strictMode.maxQueryLimit, "limit")
  }

  private func check(exact: Bool) throws(CollectionError) {
    if exact, strictMode.searchAllowExact == false {
      throw Self.refused("Exact search disabled!", help: "Set exact=false.")
    }
  }

  private func check(_ value: Int, within limit: Int?, _ name: String) throws(CollectionError) {
    if let limit, value > limit { throw Self.exceeded("\(value)", "\(limit)", name) }
  }

  private func check(filter: Filter?, allowsUnindexed: Bool?) throws(CollectionError) {
    guard let filter else { return }
    if let limit = strictMode.filterMaxConditions, filter.conditionCount > limit {
      throw Self.refused(
        "Filter condition limit reached (\(filter.conditionCount) > \(limit))",
        help: "Reduce the amount of conditions of your filter.")
    }
    if let limit = strictMode.conditionMaxSize, filter.largestCondition > limit {
      throw Self.refused(
        "Condition size limit reached (\(filter.largestCondition) > \(limit))",
        help: "Reduce the size of your condition.")
    }
    guard allowsUnindexed == false,
      let field = UnindexedField.first(in: filter, schema: collection.fieldSchema)
    else { return }
    throw Self.refused(
      Self.missingIndex(field), help: "Create an index for this key or use a different filter.")
  }

  private func check(_ formula: Formula) throws(CollectionError) {
    guard strictMode.unindexedFilteringRetrieve == false,
      let field = UnindexedField.first(in: formula.expression, schema: collection.fieldSchema)
    else { return }
    throw Self.refused(
      Self.missingIndex(field),
      help: "Create an index for this key or use a different formula expression.")
  }

  private static func missingIndex(_ field: UnindexedField) -> String {
    let types = field.types.map(\.rawValue).joined(separator: ", ")
    return """
      Index required but not found for "\(field.key)" of one of the following types: [\(types)]
      """
  }

  private func checkGroupingField(_ key: PayloadPath) throws(CollectionError) {
    guard strictMode.unindexedFilteringRetrieve == false else { return }
    let help = "Create an index supporting `match` for this key."
    guard let schema = collection.fieldSchema(at: key) else {
      throw Self.refused("Index required but not found for \"\(key)\"", help: help)
    }
    if !schema.params.canMatch {
      let type = schema.params.type.rawValue
      throw Self.refused(
        "Index of type \"\(type.prefix(1).uppercased())\(type.dropFirst())\" found for \"\(key)\"",
        help: help)
    }
  }

  /// Refuses searches that a client's graph settings would leave to a scan of all vectors.
  private func checkFullScan(_ request: QueryNode) throws(CollectionError) {
    guard strictMode.searchAllowExact == false, let query = request.query, !query.vectors.isEmpty
    else { return }
    let config = collection.config
    var settings = config.hnsw
    if case .object(let own)? = config.vectors[request.using]?.settings["hnsw_config"] {
      settings.merge(own)
    }
    func setting(_ name: String) -> Int64? {
      guard case .integer(let value)? = settings[name] else { return nil }
      return value
    }
    guard setting("m") == 0 else { return }
    let place = request.using.isEmpty ? "" : " on '\(request.using)'"
    let filtersTenant = request.filter?.conditions.contains { condition in
      guard case .match(let key, _) = condition else { return false }
      return collection.fieldSchema(at: key)?.params.isTenant ?? false
    }
    guard filtersTenant == true else {
      throw Self.refused(
        """
        Request is forbidden\(place) because global vector indexing is disabled (hnsw_config.m = 0)
        """,
        help: """
          Use tenant-specific filter, enable global vector indexing or enable strict mode \
          `search_allow_exact` option
          """)
    }
    if setting("payload_m") ?? 0 == 0 {
      throw Self.refused(
        """
        Request is forbidden\(place) because vector indexing is disabled (hnsw_config.m = 0 and \
        hnsw_config.payload_m = 0)
        """,
        help: """
          Enable vector indexing, use a prefetch query with indexed vectors or enable strict mode \
          `search_allow_exact` option
          """)
    }
  }

  static func refused(_ reason: String, help: String) -> CollectionError {
    .badRequest("\(reason). Help: \(help)")
  }

  private static func exceeded(_ value: String, _ limit: String, _ name: String) -> CollectionError
  {
    refused(
      "Limit exceeded \(value) > \(limit) for \"\(name)\"",
      help: "Reduce the \"\(name)\" parameter to or below \(limit).")
  }
}
