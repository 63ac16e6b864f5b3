import FastJSON

/// What a collection's description says of the index of one vector.
public struct IndexReport: Sendable, Equatable {
  /// Figures of an index that is there.
  public struct Lists: Sendable, Equatable {
    /// Inverted lists.
    public var count: Int
    /// Entries in them.
    public var entries: Int
    /// Rows when the centroids were trained.
    public var trainedRows: Int
    /// Mean probes that gave each recall@10 on a sample of rows or queries, ascending.
    public var calibration: [(recall: Double, probes: Int)]
    /// Codes, lists and centroids in memory.
    public var memoryBytes: Int

    /// Figures of an index.
    public init(
      count: Int, entries: Int, trainedRows: Int, calibration: [(recall: Double, probes: Int)],
      memoryBytes: Int
    ) {
      self.count = count
      self.entries = entries
      self.trainedRows = trainedRows
      self.calibration = calibration
      self.memoryBytes = memoryBytes
    }

    /// Whether both say the same, number by number.
    public static func == (a: Lists, b: Lists) -> Bool {
      a.count == b.count && a.entries == b.entries && a.trainedRows == b.trainedRows
        && a.memoryBytes == b.memoryBytes
        && a.calibration.elementsEqual(b.calibration) { $0 == $1 }
    }
  }

  /// The vector's name; empty for the unnamed one.
  public var vector: String
  /// In words.
  public var state: String
  /// The share that is done of a build under way.
  public var progress: Double?
  /// `nil` when there is no index.
  public var lists: Lists?
  /// Rows that are scanned because they are not in the lists yet.
  public var tailRows: Int

  /// What is to be said of an index.
  public init(vector: String, state: String, progress: Double?, lists: Lists?, tailRows: Int) {
    self.vector = vector
    self.state = state
    self.progress = progress
    self.lists = lists
    self.tailRows = tailRows
  }
}

extension JSONWriter {
  mutating func write(_ report: IndexReport) {
    beginObject()
    key("state")
    string(report.state)
    if let progress = report.progress {
      key("progress")
      double(progress)
    }
    if let lists = report.lists {
      key("lists")
      integer(lists.count)
      key("entries")
      integer(lists.entries)
      key("trained_points")
      integer(lists.trainedRows)
      key("tail_points")
      integer(report.tailRows)
      key("memory_bytes")
      integer(lists.memoryBytes)
      key("calibration")
      beginArray()
      for point in lists.calibration {
        beginObject()
        key("recall")
        double(point.recall)
        key("nprobe")
        integer(point.probes)
        endObject()
      }
      endArray()
    }
    endObject()
  }
}
