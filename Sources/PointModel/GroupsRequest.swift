/// A search whose results are gathered by the values at a key of their payloads.
public struct GroupsRequest: Sendable, Equatable {
  /// What is searched. Its limit and offset are of no account.
  public var query: QueryRequest
  /// A point belongs to a group for each string and integer here.
  public var groupBy: PayloadPath
  /// Points a group at most, at least 1.
  public var groupSize: Int
  /// Groups at most, at least 1.
  public var limit: Int
  /// Where to look for points whose ids are those of the groups.
  public var lookup: GroupLookup?

  /// A query whose points come in groups.
  public init(
    query: QueryRequest, groupBy: PayloadPath, groupSize: Int = 3, limit: Int = 10,
    lookup: GroupLookup? = nil
  ) {
    self.query = query
    self.groupBy = groupBy
    self.groupSize = groupSize
    self.limit = limit
    self.lookup = lookup
  }
}

/// A collection that has a point for each group, and what is returned of those points.
public struct GroupLookup: Sendable, Equatable {
  /// The collection that has the points.
  public var collection: String
  /// Which parts of their payloads are returned.
  public var withPayload: PayloadSelector
  /// Which of their vectors are returned.
  public var withVector: VectorSelector

  /// Points of another collection that have groups' names as ids.
  public init(
    collection: String, withPayload: PayloadSelector = .all, withVector: VectorSelector = .none
  ) {
    self.collection = collection
    self.withPayload = withPayload
    self.withVector = withVector
  }
}

/// What the points of a group have in common.
public enum GroupID: Sendable {
  case string(String)
  case integer(Int64)
  /// Above the range of `Int64`.
  case unsigned(UInt64)

  /// The point of this name, if there can be one.
  public var pointID: PointID? {
    switch self {
    case .string(let text): PointUUID(text).map { .uuid($0) }
    case .integer(let number): UInt64(exactly: number).map { .number($0) }
    case .unsigned(let number): .number(number)
    }
  }
}

extension GroupID: Hashable {
  /// What a condition on the group's points compares with.
  public var matchValue: MatchValue {
    switch self {
    case .string(let string): .string(string)
    case .integer(let integer): .integer(integer)
    case .unsigned(let unsigned): .unsigned(unsigned)
    }
  }

  /// Whether both are the same value, as of conditions.
  public static func == (left: GroupID, right: GroupID) -> Bool {
    left.matchValue == right.matchValue
  }

  /// Equal values feed equal bytes.
  public func hash(into hasher: inout Hasher) { matchValue.hash(into: &hasher) }
}

/// Points with a common value, best first.
public struct PointGroup: Sendable, Equatable {
  /// The value that its points have in common.
  public var id: GroupID
  /// Its best points, best first.
  public var hits: [ScoredPoint]
  /// The point of the group's name in another collection.
  public var lookup: Record?

  /// A group of points.
  public init(id: GroupID, hits: [ScoredPoint], lookup: Record? = nil) {
    self.id = id
    self.hits = hits
    self.lookup = lookup
  }
}
