/// The distances between the points of a sample: for each, those to its nearest in the sample.
public struct MatrixRequest: Sendable, Equatable {
  /// What points of the sample must pass; `nil` takes any that have the vector.
  public var filter: Filter?
  /// Points in the sample, at least 2, if the caller says; a bound on limits does not concern
  /// others.
  public var statedSample: Int?
  /// Neighbours of each, at least 1, if the caller says.
  public var statedLimit: Int?
  /// The vector's name; empty for the unnamed one.
  public var using: String

  /// A request for the distances within a sample.
  public init(
    filter: Filter? = nil, sample: Int? = nil, limit: Int? = nil, using: String = ""
  ) {
    self.filter = filter
    statedSample = sample
    statedLimit = limit
    self.using = using
  }

  /// Points in the sample: 10 unless the caller says.
  public var sample: Int {
    get { statedSample ?? 10 }
    set { statedSample = newValue }
  }

  /// Neighbours of each: 3 unless the caller says.
  public var limit: Int {
    get { statedLimit ?? 3 }
    set { statedLimit = newValue }
  }
}

/// A sample in the order of its ids, and the neighbours of each of its points, nearest first.
public struct DistanceMatrix: Sendable, Equatable {
  /// One of the points nearest to another.
  public struct Neighbor: Sendable, Equatable {
    /// Where the neighbour stands in the sample.
    public var position: Int
    /// The score that clients see.
    public var score: Float

    /// The point at a position of the sample, and its score.
    public init(position: Int, score: Float) {
      self.position = position
      self.score = score
    }
  }

  /// The points of the sample.
  public var ids: [PointID]
  /// A row for each id.
  public var neighbors: [[Neighbor]]

  /// A matrix of points and their neighbours.
  public init(ids: [PointID] = [], neighbors: [[Neighbor]] = []) {
    self.ids = ids
    self.neighbors = neighbors
  }
}
