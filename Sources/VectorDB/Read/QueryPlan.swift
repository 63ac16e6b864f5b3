import PointModel
import VectorIndex

/// The trees of one request made ready: the searches of all their leaves, which run together, and
/// what becomes of what they find.
struct QueryPlan: Sendable {
  /// Where the points of a node come from.
  enum Source: Sendable {
    /// One of the plan's searches.
    case search(Int)
    /// The collection, but not by a search for the nearest.
    case collection
    case prefetches([Node])
  }

  /// One node: what it asks for, with the filter of all above it, and without prefetches.
  struct Node: Sendable {
    let query: QueryNode
    let source: Source
    let isRoot: Bool
    /// Whether it is part of a further page.
    let continues: Bool
  }

  private(set) var searches: [NearestSearch] = []
  private(set) var roots: [Node] = []
  private let transaction: ReadTransaction

  /// Points that a tree names are answers to none of its queries.
  init(
    _ requests: [QueryRequest], in transaction: ReadTransaction
  ) throws(CollectionError) {
    self.transaction = transaction
    let limits = transaction.collection.core.options.limits
    for request in requests {
      try transaction.flag.check()
      try QueryRules.check(request.root, within: limits)
      let filter = ReferenceResolver.excluding(request.root.examples, request.filter)
      continues = request.root.offset > 0
      roots.append(try node(request.root, filter: filter, isRoot: true))
    }
  }

  /// Whether the request that is being made ready is for a further page.
  private var continues = false

  private mutating func node(
    _ node: QueryNode, filter: Filter?, isRoot: Bool
  ) throws(CollectionError) -> Node {
    var query = node
    query.prefetch = []
    query.filter = filter.flatMap { $0.isEmpty ? nil : $0 }
    if !node.prefetch.isEmpty {
      var children: [Node] = []
      for child in node.prefetch {
        children.append(
          try self.node(child, filter: Self.merged(query.filter, child.filter), isRoot: false))
      }
      return Node(query: query, source: .prefetches(children), isRoot: isRoot, continues: continues)
    }
    // Only what is returned is diversified: below, all candidates are handed on.
    if !isRoot, case .mmr(let vector, _, let candidates) = node.query {
      query.query = .nearest(vector)
      query.limit = candidates ?? node.limit
    }
    guard let search = try search(for: query) else {
      return Node(query: query, source: .collection, isRoot: isRoot, continues: continues)
    }
    searches.append(search)
    return Node(
      query: query, source: .search(searches.count - 1), isRoot: isRoot, continues: continues)
  }

  private static func merged(_ outer: Filter?, _ inner: Filter?) -> Filter? {
    guard let outer else { return inner }
    return inner.map { outer.merged(with: $0) } ?? outer
  }

  /// The search for the nearest rows that a leaf means; `nil` when it means something else.
  private func search(for node: QueryNode) throws(CollectionError) -> NearestSearch? {
    guard let query = node.query else { return nil }
    switch query {
    case .nearest, .mmr: break
    case .recommend(let examples): if examples.strategy != .averageVector { return nil }
    case .discover, .context, .feedback, .fusion, .formula, .orderBy, .sample: return nil
    }
    let view = try transaction.view(named: node.using, context: "using")
    let vector = try ExampleSearch(
      transaction: transaction, view: view, params: node.params
    ).target(of: query)
    // No more neighbours than rows: a client may ask for any number.
    let rows = Int(transaction.visibility.rowCount)
    let (count, first) = node.nearestCount
    let isExact = view.isExact(node.params)
    let isComing = view.field.indexSlot.isComing || view.field.listsAreComing
    let isStable =
      isExact && (node.params.exact || !isComing) && !transaction.state.movesRows
    return NearestSearch(
      view: view, vector: vector, count: min(count, rows),
      first: min(isExact ? count : min(first, count), rows),
      filter: node.filter, params: node.params,
      question: isStable
        ? nil : RankingQuestion(node, of: view.field, at: transaction.state.moves.since),
      continues: continues)
  }
}

extension QueryNode {
  /// Nodes of the tree, this one included.
  var count: Int { prefetch.reduce(1) { $0 + $1.count } }

  /// The points that the queries of the tree name.
  var examples: Set<PointID> {
    var examples: Set<PointID> = []
    for case .point(let id) in query?.vectors ?? [] { examples.insert(id) }
    for child in prefetch { examples.formUnion(child.examples) }
    return examples
  }

  /// Points that the tree holds on the way to its answer, at most, out of `rows` there are, when
  /// its limits are multiplied by `scale`.
  func heldCount(rows: Int, scale: Int = 1) -> Int {
    prefetch.reduce(min(limit.multipliedSaturating(by: scale), rows)) {
      $0.addingSaturating($1.heldCount(rows: rows, scale: scale))
    }
  }

  /// How many nearest points the node's query takes, and those of them that the first page has,
  /// which is searched for alone: pages of one size continue it.
  var nearestCount: (count: Int, first: Int) {
    let end = offset.addingSaturating(limit)
    let first = limit > 0 && offset.isMultiple(of: limit) ? limit : offset
    switch query {
    case .mmr(_, _, let candidates?): return (candidates, candidates)
    case .mmr(_, _, nil):
      // Whole pages are diversified, the last of them this one.
      let (pages, rest) = end.quotientAndRemainder(dividingBy: max(1, limit))
      return ((rest == 0 ? pages : pages + 1).multipliedSaturating(by: limit), first)
    default: return (end, first)
    }
  }
}
