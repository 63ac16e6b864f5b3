import PointModel
import RowSets
import VectorIndex

/// Where the points of a node without children come from that is no search for the nearest: its
/// page of them, best first.
struct CandidateSource {
  private let transaction: ReadTransaction
  private let scans: FilterScans

  init(_ transaction: ReadTransaction, _ scans: FilterScans) {
    self.transaction = transaction
    self.scans = scans
  }

  /// - Parameter continues: whether the node is part of a further page.
  func candidates(
    for node: QueryNode, continues: Bool
  ) throws(CollectionError) -> [Candidate] {
    switch node.query {
    case .recommend, .discover, .context, .feedback: return try byExamples(node, continues)
    case .sample:
      // Another sample each time has no pages.
      let offsets = try RandomSample(transaction: transaction).offsets(
        node.limit, among: try rows(node))
      return offsets.map { Candidate(offset: $0, score: 1) }
    case .orderBy(let order):
      return try OrderedScan(order, in: transaction).candidates(
        skipping: node.offset, limit: node.limit, filter: node.filter)
    case nil, .nearest, .mmr, .fusion, .formula:
      let page = try IDOrderScan(transaction).page(
        from: nil, skipping: node.offset, limit: node.limit, filter: node.filter)
      return page.offsets.map { Candidate(offset: $0, score: 1) }
    }
  }

  private func byExamples(
    _ node: QueryNode, _ continues: Bool
  ) throws(CollectionError) -> [Candidate] {
    guard let query = node.query else { return [] }
    let view = try transaction.view(named: node.using, context: "using")
    let hits = try ExampleSearch(transaction: transaction, view: view, params: node.params).best(
      node.offset.addingSaturating(node.limit), for: query, among: try rows(node), scans,
      keeping: RankingQuestion(node, of: view.field, at: transaction.state.moves.since),
      continues: continues)
    return hits.map { Candidate(offset: $0.offset, score: $0.score) }
      .passing(node, view.distance).dropFirst(node.offset).map { $0 }
  }

  private func rows(_ node: QueryNode) throws(CollectionError) -> RowMask? {
    try node.filter.map { filter throws(CollectionError) in try scans.rows(filter) }
  }
}
