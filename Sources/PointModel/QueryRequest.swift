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
  /// All points in an order of their payloads.
  case orderBy(OrderBy)
  /// Any points, others each time.
  case sample
}

/// A search or, without a query, a listing by id.
public struct QueryRequest: Sendable, Equatable {
  public var query: Query?
  /// The vector's name; empty for the unnamed one.
  public var using: String
  public var filter: Filter?
  public var params: SearchParams
  public var scoreThreshold: Float?
  public var limit: Int
  public var offset: Int
  public var withPayload: PayloadSelector
  public var withVector: VectorSelector
  /// Where the vector of a query by id is looked up, when not in the searched collection.
  public var lookupFrom: LookupLocation?

  public init(
    query: Query? = nil, using: String = "", filter: Filter? = nil, params: SearchParams = .init(),
    scoreThreshold: Float? = nil, limit: Int = 10, offset: Int = 0,
    withPayload: PayloadSelector = .none, withVector: VectorSelector = .none,
    lookupFrom: LookupLocation? = nil
  ) {
    self.query = query
    self.using = using
    self.filter = filter
    self.params = params
    self.scoreThreshold = scoreThreshold
    self.limit = limit
    self.offset = offset
    self.withPayload = withPayload
    self.withVector = withVector
    self.lookupFrom = lookupFrom
  }
}

/// Another collection, and the vector there, that a query by id takes its vector from.
public struct LookupLocation: Sendable, Equatable {
  public var collection: String
  public var vector: String?

  public init(collection: String, vector: String?) {
    self.collection = collection
    self.vector = vector
  }
}

/// How much effort a search may spend.
public struct SearchParams: Sendable, Equatable {
  public var hnswEf: Int?
  public var exact: Bool
  public var indexedOnly: Bool
  /// Effort in the terms of the index; goes before `hnswEf`.
  public var ivf: IVFSearchParams?
  /// How many candidates a quantized search takes for each result; of no effect here.
  public var oversampling: Double?

  public init(
    hnswEf: Int? = nil, exact: Bool = false, indexedOnly: Bool = false,
    ivf: IVFSearchParams? = nil, oversampling: Double? = nil
  ) {
    self.hnswEf = hnswEf
    self.exact = exact
    self.indexedOnly = indexedOnly
    self.ivf = ivf
    self.oversampling = oversampling
  }
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
  public var limit: Int
  public var filter: Filter?
  public var withPayload: PayloadSelector
  public var withVector: VectorSelector
  public var orderBy: OrderBy?

  public init(
    offset: PointID? = nil, limit: Int = 10, filter: Filter? = nil,
    withPayload: PayloadSelector = .all, withVector: VectorSelector = .none,
    orderBy: OrderBy? = nil
  ) {
    self.offset = offset
    self.limit = limit
    self.filter = filter
    self.withPayload = withPayload
    self.withVector = withVector
    self.orderBy = orderBy
  }
}

/// A page of points and the id that the next page starts from; `nil` at the end.
public struct ScrollPage: Sendable, Equatable {
  public var records: [Record]
  public var nextOffset: PointID?

  public init(records: [Record], nextOffset: PointID?) {
    self.records = records
    self.nextOffset = nextOffset
  }
}
