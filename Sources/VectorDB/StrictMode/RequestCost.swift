import PointModel

/// What requests take of a collection's rates, in tokens.
enum RequestCost {
  /// A read with a filter: one, and one for each condition.
  static func read(_ filter: Filter?) -> Int { 1 + (filter?.conditionCount ?? 0) }

  /// A query: of each of its leaves, the examples in place of the one.
  static func query(_ request: QueryRequest) -> Int { query(request.root, under: nil) }

  private static func query(_ node: QueryNode, under outer: Filter?) -> Int {
    let filter = (outer ?? Filter()).merged(with: node.filter ?? Filter())
    if !node.prefetch.isEmpty {
      return node.prefetch.reduce(0) { $0 + query($1, under: filter) }
    }
    let own =
      switch node.query {
      case .recommend(let examples) where examples.strategy != .averageVector:
        node.query?.vectors.count ?? 1
      case .discover, .context, .feedback: node.query?.vectors.count ?? 1
      case nil, .nearest, .mmr, .recommend, .fusion, .formula, .orderBy, .sample: 1
      }
    return own + filter.conditionCount
  }

  /// A change: one for each point that it is about.
  ///
  /// - Parameter estimate: about how many points pass a filter.
  static func write(_ operations: [Operation], estimate: (Filter) -> Int) -> Int {
    operations.reduce(0) { sum, operation in
      let points =
        switch operation {
        case .upsert(let points, _): points.count
        case .updateVectors(let points, _): points.count
        case .delete(let selector), .setPayload(_, let selector, _),
          .overwritePayload(_, let selector), .deletePayload(_, let selector),
          .clearPayload(let selector), .deleteVectors(_, let selector):
          switch selector {
          case .ids(let ids): ids.count
          case .filter(let filter): estimate(filter)
          }
        }
      return sum + max(1, points)
    }
  }
}
