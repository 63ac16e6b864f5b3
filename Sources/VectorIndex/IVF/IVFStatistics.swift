/// What an index is made of.
public struct IVFStatistics: Sendable, Equatable {
  /// Lists that take entries.
  public var listCount = 0
  /// Entries in all lists, those of dead rows included; up to two a row.
  public var entryCount = 0
  /// Parts that the lists with entries lie in: as many as these, where each is in one piece.
  public var partCount = 0
  /// Rows below this offset are in the lists, or were dead when they would have been entered.
  public var coveredRows: UInt32 = 0
  /// How many live rows the collection had when the centroids were trained.
  public var trainedRows = 0
  /// The mean number of probes that gave each recall@10, ascending.
  public var calibration: [CalibrationPoint] = []
  /// Memory in bytes.
  public var memory = IVFMemory()

  /// Nothing yet.
  public init() {}
}

/// Probes that reached a recall on a sample of rows or queries.
public struct CalibrationPoint: Sendable, Equatable {
  /// Mean recall@10 of the sample, 0…1.
  public var recall: Double
  /// Lists looked at, on average.
  public var probes: Int
  /// How much more remote than its nearest lists those were that a query looked at, at most: in
  /// units of distance, or of products with a query of length 1.
  public var slack: Float
  /// Whether estimates were given more room for error, as for the highest recalls.
  public var isWide: Bool

  /// So many probes for such a recall.
  public init(recall: Double, probes: Int, slack: Float, isWide: Bool) {
    self.recall = recall
    self.probes = probes
    self.slack = slack
    self.isWide = isWide
  }
}

/// What an index takes in memory, in bytes, by the formula.
public struct IVFMemory: Sendable, Equatable {
  /// Code blocks of the lists: `2·D + 128` for every 16 entries.
  public var codes = 0
  /// Row offsets of the entries, 4 each, and the tables of the lists.
  public var lists = 0
  /// Centroids: as trained, rotated, and as codes.
  public var centroids = 0

  /// Nothing yet.
  public init() {}

  /// All of it.
  public var total: Int { codes + lists + centroids }
}
