public import VectorIndex

/// What goes on with the index of one vector.
public enum IndexState: Sendable, Equatable {
  /// There is none, and none is due: the vectors are few, or indexing is switched off.
  case none
  /// One is due and not yet begun.
  case waiting
  /// The first one is being built; 0…1 of it is done. Searches are exact meanwhile.
  case building(Double)
  /// There is one, and its successor is being built; 0…1 of it is done.
  case rebuilding(Double)
  /// Searches use it.
  case ready
}

/// What a collection reports of the index of one of its vectors.
public struct VectorIndexInfo: Sendable, Equatable {
  /// The vector's name; empty for the unnamed one.
  public var vector: String
  /// What goes on.
  public var state: IndexState
  /// Figures of the index; `nil` when there is none.
  public var statistics: IVFStatistics?
  /// Rows that are not in the lists yet and are scanned.
  public var tailRows: Int
  /// Why the last index was given up; `nil` when none was.
  public var problem: String?
}
