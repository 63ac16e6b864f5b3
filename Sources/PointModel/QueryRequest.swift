/// A vector to search with: given, or that of a stored point.
public enum QueryVector: Sendable, Equatable {
  case value(VectorValue)
  case point(PointID)

  /// A dense vector that is given.
  public static func dense(_ values: [Float]) -> QueryVector { .value(.dense(values)) }
}

/// What a query asks for.
public enum Query: Sendable, Equatable {
  /// The nearest points.
  case nearest(QueryVector)
  /// Maximal marginal relevance over the nearest `candidates` points; `diversity` from 0
  /// (relevance alone) to 1 (diversity alone).
  case mmr(QueryVector, diversity: Float, candidates: Int?)
  /// The points that are most like some examples and least like others.
  case recommend(RecommendQuery)
  /// The nearest to `target` where most of the context's pairs are on their positive side.
  case discover(target: QueryVector, context: [ContextPair])
  /// Points on the positive side of as many pairs as possible.
  case context([ContextPair])
  /// The nearest to a target, as judgements of earlier answers move it.
  case feedback(FeedbackQuery)
  /// What the prefetches found, as one ranking.
  case fusion(Fusion)
  /// What the prefetches found, by a score that is computed.
  case formula(Formula)
  /// All points in an order of their payloads.
  case orderBy(OrderBy)
  /// Any points, others each time.
  case sample
}

/// A query as a client asked it: the root of a tree, and what is returned of the points found.
///
/// The parts of the root are the request's own: `request.limit` is `request.root.limit`.
@dynamicMemberLookup
public struct QueryRequest: Sendable, Equatable {
  /// What is searched or listed.
  public var root: QueryNode
  /// Which parts of payloads are returned.
  public var withPayload: PayloadSelector
  /// Which vectors are returned.
  public var withVector: VectorSelector

  /// A request with a tree of one node.
  public init(
    prefetch: [QueryNode] = [], query: Query? = nil, using: String = "", filter: Filter? = nil,
    params: SearchParams = .init(), scoreThreshold: Float? = nil, limit: Int = 10, offset: Int = 0,
    withPayload: PayloadSelector = .none, withVector: VectorSelector = .none,
    lookupFrom: LookupLocation? = nil
  ) {
    root = QueryNode(
      prefetch: prefetch, query: query, using: using, filter: filter, params: params,
      scoreThreshold: scoreThreshold, limit: limit, offset: offset, lookupFrom: lookupFrom)
    self.withPayload = withPayload
    self.withVector = withVector
  }

  /// A part of the root.
  public subscript<Value>(dynamicMember part: WritableKeyPath<QueryNode, Value>) -> Value {
    get { root[keyPath: part] }
    set { root[keyPath: part] = newValue }
  }
}

/// Another collection, and the vector there, that a query by id takes its vector from.
public struct LookupLocation: Sendable, Equatable {
  /// The collection that has the points.
  public var collection: String
  /// The name of their vector; `nil` for the one that is searched.
  public var vector: String?

  /// Where points that stand for vectors are found.
  public init(collection: String, vector: String?) {
    self.collection = collection
    self.vector = vector
  }
}

/// How much effort a search may spend.
public struct SearchParams: Sendable, Equatable {
  /// The effort in the terms of a graph index.
  public var hnswEf: Int?
  /// Whether every point is scored.
  public var exact: Bool
  /// Whether points that are not in an index yet are left out.
  public var indexedOnly: Bool
  /// Effort in the terms of the index; goes before `hnswEf`.
  public var ivf: IVFSearchParams?
  /// How many candidates are scored exactly for each result, at least 1; `nil` leaves it to the
  /// index.
  public var oversampling: Double?
  /// Whether more rows than are wanted are scored exactly; `nil` leaves it to the index.
  public var rescore: Bool?
  /// Whether the codes of an index are to be mistrusted: rows that they tell apart only narrowly
  /// are all scored exactly.
  public var ignoresCodes: Bool
  /// Among which points dimensions of sparse vectors are common or rare; `nil` for all.
  public var idf: IDFScope?

  /// Effort; what is not given is left to the collection.
  public init(
    hnswEf: Int? = nil, exact: Bool = false, indexedOnly: Bool = false,
    ivf: IVFSearchParams? = nil, oversampling: Double? = nil, rescore: Bool? = nil,
    ignoresCodes: Bool = false, idf: IDFScope? = nil
  ) {
    self.hnswEf = hnswEf
    self.exact = exact
    self.indexedOnly = indexedOnly
    self.ivf = ivf
    self.oversampling = oversampling
    self.rescore = rescore
    self.ignoresCodes = ignoresCodes
    self.idf = idf
  }
}

extension SearchParams {
  /// The filter that ``idf`` has, if it has one.
  public var idfCorpus: Filter? {
    if case .corpus(let filter)? = idf { filter } else { nil }
  }
}

/// The points among which a dimension of sparse vectors is common or rare.
public enum IDFScope: Sendable, Equatable {
  /// All that the collection has.
  case global
  /// Those that pass a filter, whatever the search itself may return.
  case corpus(Filter)
}

/// How much of an inverted-file index a search may look at.
public enum IVFSearchParams: Sendable, Equatable {
  /// As many lists as gave this recall@10 when the index was calibrated, above 0 and at most 1.
  case recall(Double)
  /// So many lists, at least 1.
  case probes(Int)
}

/// Which parts of a payload are returned.
public enum PayloadSelector: Sendable, Equatable {
  case none
  case all
  case include([PayloadPath])
  case exclude([PayloadPath])
}

/// Which vectors are returned.
public enum VectorSelector: Sendable, Equatable {
  case none
  case all
  case names([String])
}

/// A page of points in the order of their ids, or of values in their payloads.
public struct ScrollRequest: Sendable, Equatable {
  /// The first id of the page, inclusive. Not together with `orderBy`.
  public var offset: PointID?
  /// Points of a page at most, if the caller says; a bound on limits does not concern others.
  public var statedLimit: Int?
  /// Only points that pass are listed.
  public var filter: Filter?
  /// Which parts of payloads are returned.
  public var withPayload: PayloadSelector
  /// Which vectors are returned.
  public var withVector: VectorSelector
  /// The order, if it is not that of ids.
  public var orderBy: OrderBy?

  /// A request for a page of points.
  public init(
    offset: PointID? = nil, limit: Int? = nil, filter: Filter? = nil,
    withPayload: PayloadSelector = .all, withVector: VectorSelector = .none,
    orderBy: OrderBy? = nil
  ) {
    self.offset = offset
    statedLimit = limit
    self.filter = filter
    self.withPayload = withPayload
    self.withVector = withVector
    self.orderBy = orderBy
  }

  /// Points of a page, at most: 10 unless the caller says.
  public var limit: Int {
    get { statedLimit ?? 10 }
    set { statedLimit = newValue }
  }
}

/// A page of points and the id that the next page starts from; `nil` at the end.
public struct ScrollPage: Sendable, Equatable {
  /// The points, in order.
  public var records: [Record]
  /// Where the next page begins; `nil` on the last.
  public var nextOffset: PointID?

  /// A page of points.
  public init(records: [Record], nextOffset: PointID?) {
    self.records = records
    self.nextOffset = nextOffset
  }
}
