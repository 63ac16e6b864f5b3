/// One node of a tree of queries: what it takes points from, how it orders them, and how many it
/// hands on.
///
/// A node without children takes points from the collection: the nearest, those that examples lead
/// to, or, without a query, all by id. One with children orders what these hand to it.
public struct QueryNode: Sendable, Equatable {
  /// The nodes whose points this one takes; none stands for the collection.
  public var prefetch: [QueryNode]
  /// What is asked; `nil` lists points by id.
  public var query: Query?
  /// The vector's name; empty for the unnamed one.
  public var using: String
  /// Only points that pass are found.
  public var filter: Filter?
  /// How much effort a search may spend.
  public var params: SearchParams
  /// Only points of a better score are handed on.
  public var scoreThreshold: Float?
  /// Points that are handed on, at most.
  public var limit: Int
  /// Points that are left out before them.
  public var offset: Int
  /// Where the vectors of a query by id are looked up, when not in the searched collection.
  public var lookupFrom: LookupLocation?

  /// A node of a tree of queries.
  public init(
    prefetch: [QueryNode] = [], query: Query? = nil, using: String = "", filter: Filter? = nil,
    params: SearchParams = .init(), scoreThreshold: Float? = nil, limit: Int = 10, offset: Int = 0,
    lookupFrom: LookupLocation? = nil
  ) {
    self.prefetch = prefetch
    self.query = query
    self.using = using
    self.filter = filter
    self.params = params
    self.scoreThreshold = scoreThreshold
    self.limit = limit
    self.offset = offset
    self.lookupFrom = lookupFrom
  }

  /// Levels of nodes below this one.
  public var depth: Int { prefetch.reduce(0) { max($0, $1.depth + 1) } }
}
