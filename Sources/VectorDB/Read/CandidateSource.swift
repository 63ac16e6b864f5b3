import PointModel
import VectorIndex

/// Where the points of a node without children come from that is no search for the nearest: its
/// page of them, best first.
struct CandidateSource {
  private let transaction: ReadTransaction

  init(_ transaction: ReadTransaction) {
    self.transaction = transaction
  }

  func candidates(for node: QueryNode) throws(CollectionError) -> [Candidate] {
    switch node.query {
    case .recommend, .discover, .context: return try byExamples(node)
    case .sample:
      // Another sample each time has no pages.
      let offsets = try RandomSample(transaction: transaction).offsets(
        node.limit, filter: node.filter)
      return offsets.map { Candidate(offset: $0, score: 1) }
    case .orderBy(let order):
      return try OrderedScan(order, in: transaction).candidates(
        skipping: node.offset, limit: node.limit, filter: node.filter)
    case nil, .nearest, .mmr:
      let page = try IDOrderScan(transaction).page(
        from: nil, skipping: node.offset, limit: node.limit, filter: node.filter)
      return page.offsets.map { Candidate(offset: $0, score: 1) }
    }
  }

  private func byExamples(_ node: QueryNode) throws(CollectionError) -> [Candidate] {
    guard let query = node.query else { return [] }
    let view = try transaction.view(named: node.using, context: "using")
    let hits = try ExampleSearch(transaction: transaction, view: view).best(
      node.offset.addingSaturating(node.limit), for: query,
      filter: ReferenceResolver.filter(of: node))
    var found = hits.map { Candidate(offset: $0.offset, score: $0.score) }
    if let threshold = node.scoreThreshold {
      // As the distance compares, though these scores are always higher for a better point: so a
      // threshold leaves all or nothing where lower distances are better.
      found = Array(found.prefix { view.distance.passes($0.score, threshold: threshold) })
    }
    return Array(found.dropFirst(node.offset))
  }
}
