public import VectorDB

/// What a collection reports of itself, with the light that dashboards show.
public struct CollectionDescription: Sendable {
  /// The light that dashboards show.
  public enum Status: String, Sendable {
    /// All is well and indexed.
    case green
    /// Being indexed or loaded.
    case yellow
    /// Out of order.
    case red
  }

  /// Counts, configuration and indexes.
  public let info: CollectionInfo
  /// Why the collection is out of order; `nil` when it is not.
  public let problem: String?

  /// What a collection has reported, and what is wrong with it or with the whole store.
  public init(info: CollectionInfo, problem: String?) {
    self.info = info
    self.problem = problem
  }

  /// The light that dashboards show.
  public var status: Status {
    if problem != nil { return .red }
    return info.isIndexing || info.phase == .loading ? .yellow : .green
  }
}
