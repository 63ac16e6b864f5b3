/// An inverted-file index over the rows of one column: full-precision vectors stay where they are,
/// the lists hold their offsets with compact codes.
///
/// One maintainer (`insert`, `maintain`, `serialize`; a lock keeps a second one waiting), many
/// readers, who take a ``view()`` and are never waited for. An index is always trained;
/// a collection without one is scanned exactly.
public final class IVFFlatIndex: Sendable {
  /// What the index was built with.
  public let parameters: IVFParameters
  /// How rows are compared: ``Metric/dot`` or ``Metric/squaredEuclid``.
  public let metric: Metric
  /// Floats a row.
  public let dimension: Int
  private let covered: TraceableMutex<UInt32>

  private init(metric: Metric, dimension: Int, parameters: IVFParameters, covered: UInt32) {
    self.metric = metric
    self.dimension = dimension
    self.parameters = parameters
    self.covered = TraceableMutex(covered)
  }

  /// Trains centroids on a sample of the visible rows and enters all of them. Takes seconds to
  /// minutes; blocking.
  ///
  /// - Parameters:
  ///   - shouldContinue: called every few milliseconds with the share that is done, 0…1.
  /// - Throws: ``BuildInterrupted`` after `shouldContinue` returned false.
  public static func build(
    metric: Metric, parameters: IVFParameters, rows: VectorColumnView, visibility: VisibilityView,
    shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> IVFFlatIndex {
    IVFFlatIndex(
      metric: metric, dimension: rows.dimension, parameters: parameters,
      covered: visibility.rowCount)
  }

  /// The index now. Take it in the same critical section as the commit it is used with: what a
  /// later view leaves out is dead at the latest published commit.
  public func view() -> IVFIndexView {
    IVFIndexView(metric: metric, coveredRows: covered.withLock { $0 })
  }

  /// Enters the rows from ``IVFStatistics/coveredRows`` on that are visible, at most `limit`
  /// offsets of them, and publishes the new state.
  ///
  /// - Returns: how many offsets were covered; 0 when none was left.
  public func insert(from rows: VectorColumnView, visibility: VisibilityView, limit: Int) -> Int {
    covered.withLock { covered in
      let end = min(visibility.rowCount, covered + UInt32(limit))
      defer { covered = max(covered, end) }
      return Int(max(covered, end) - covered)
    }
  }

  /// One bounded step (milliseconds) of what keeps the lists in shape: splitting long ones, merging
  /// short ones, dropping entries whose rows are dead at `visibility`, the latest commit.
  ///
  /// - Returns: false when there was nothing to do.
  public func maintain(rows: VectorColumnView, visibility: VisibilityView) -> Bool {
    false
  }

  /// Figures of the index now.
  public func statistics() -> IVFStatistics {
    var statistics = IVFStatistics()
    statistics.coveredRows = covered.withLock { $0 }
    return statistics
  }

  /// Writes the index, piece by piece, as ``init(metric:dimension:parameters:reading:)`` reads it.
  /// Checksums are up to the caller.
  public func serialize(to sink: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    var covered = covered.withLock { $0.littleEndian }
    try withUnsafeBytes(of: &covered) { try sink($0) }
  }

  /// Reads what ``serialize(to:)`` wrote.
  ///
  /// - Parameter source: fills the buffer with the next bytes, or throws.
  /// - Throws: what `source` throws, or ``DamagedIndex``.
  public init(
    metric: Metric, dimension: Int, parameters: IVFParameters,
    reading source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    var covered: UInt32 = 0
    try withUnsafeMutableBytes(of: &covered) { try source($0) }
    self.metric = metric
    self.dimension = dimension
    self.parameters = parameters
    self.covered = TraceableMutex(UInt32(littleEndian: covered))
  }
}

/// A build that was told to stop.
public struct BuildInterrupted: Error, Equatable {
  init() {}
}

/// A serialized index that does not fit together.
public struct DamagedIndex: Error, Equatable {
  /// What is wrong.
  public let reason: String
}
