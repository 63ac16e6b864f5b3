import PointModel

/// What requests take of a collection's rates, in tokens.
enum RequestCost {
  /// A read with a filter: one, and one for each condition.
  static func read(_ filter: Filter?) -> Int { 1 + (filter?.conditionCount ?? 0) }

  /// A query: of each of its leaves, the vectors that are searched with in place of the one.
  ///
  /// - Parameter count: how many vectors an example of a field is made of, more than one for
  ///   multivectors.
  static func query(
    _ request: QueryRequest, count: (QueryVector, _ using: String) -> Int
  ) -> Int { query(request.root, under: nil, count) }

  private static func query(
    _ node: QueryNode, under outer: Filter?, _ count: (QueryVector, String) -> Int
  ) -> Int {
    let filter = (outer ?? Filter()).merged(with: node.filter ?? Filter())
    if !node.prefetch.isEmpty {
      return node.prefetch.reduce(0) { $0 + query($1, under: filter, count) }
    }
    let counts = (node.query?.vectors ?? []).map { count($0, node.using) }
    let own =
      switch node.query {
      case .recommend(let examples) where examples.strategy == .averageVector:
        counts.max() ?? 1
      case .recommend, .discover, .context, .feedback, .nearest, .mmr: counts.reduce(0, +)
      case nil, .fusion, .formula, .orderBy, .sample: 1
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
