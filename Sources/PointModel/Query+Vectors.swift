extension Query {
  /// The vectors that are searched with, in the order they are named.
  public var vectors: [QueryVector] {
    switch self {
    case .nearest(let vector), .mmr(let vector, _, _): [vector]
    case .recommend(let query): query.positive + query.negative
    case .discover(let target, let context):
      [target] + context.flatMap { [$0.positive, $0.negative] }
    case .context(let context): context.flatMap { [$0.positive, $0.negative] }
    case .feedback(let query): [query.target] + query.examples.map(\.vector)
    case .fusion, .formula, .orderBy, .sample: []
    }
  }

  /// How many ``vectors`` has.
  public var vectorCount: Int {
    switch self {
    case .nearest, .mmr: 1
    case .recommend(let query): query.positive.count + query.negative.count
    case .discover(_, let context): 1 + 2 * context.count
    case .context(let context): 2 * context.count
    case .feedback(let query): 1 + query.examples.count
    case .fusion, .formula, .orderBy, .sample: 0
    }
  }

  /// The same query with other vectors, as many as ``vectors`` has and in that order.
  public func replacingVectors(with vectors: [QueryVector]) -> Query {
    precondition(vectors.count == self.vectors.count, "another number of vectors")
    switch self {
    case .nearest: return .nearest(vectors[0])
    case .mmr(_, let diversity, let candidates):
      return .mmr(vectors[0], diversity: diversity, candidates: candidates)
    case .recommend(var query):
      let positives = query.positive.count
      query.positive = Array(vectors[..<positives])
      query.negative = Array(vectors[positives...])
      return .recommend(query)
    case .discover: return .discover(target: vectors[0], context: Self.pairs(vectors.dropFirst()))
    case .context: return .context(Self.pairs(vectors[...]))
    case .feedback(var query):
      query.target = vectors[0]
      for index in query.examples.indices { query.examples[index].vector = vectors[index + 1] }
      return .feedback(query)
    case .fusion, .formula, .orderBy, .sample: return self
    }
  }

  private static func pairs(_ vectors: ArraySlice<QueryVector>) -> [ContextPair] {
    stride(from: vectors.startIndex, to: vectors.endIndex, by: 2).map {
      ContextPair(positive: vectors[$0], negative: vectors[$0 + 1])
    }
  }
}
