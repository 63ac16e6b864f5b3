import Synchronization

/// A sample of the vectors that searches came with lately, by which an index is calibrated: queries
/// need not be like the rows, and then find less with the same effort. Any thread may use it.
final class QueryReservoir: Sendable {
  private struct State {
    var vectors: [[Float]] = []
    var offered = 0
    /// When so many queries have come, the index is calibrated.
    var nextAt = QueryReservoir.enough
  }

  /// Queries beyond this tell nothing of others.
  private static let componentMax: Float = 1e12
  /// Vectors kept.
  private static let capacity = 128
  /// Queries that are enough to begin with.
  private static let enough = 200
  /// Once the sample is full, one of so many queries takes the place of an old one.
  private static let stride = 16
  /// Each calibration is with so many times as many queries behind it as the one before, up to a
  /// number of queries between two.
  private static let growth = 8
  private static let queriesBetweenMax = 1_000_000

  private let state = Mutex(State())

  /// Notes a query.
  func offer(_ vector: [Float]) {
    state.withLock { state in
      state.offered += 1
      let isFull = state.vectors.count == Self.capacity
      if isFull, state.offered % Self.stride != 0 { return }
      if vector.contains(where: { abs($0) > Self.componentMax }) { return }
      if isFull {
        state.vectors[state.offered / Self.stride % Self.capacity] = vector
      } else {
        state.vectors.append(vector)
      }
    }
  }

  /// The sample, if it is time to calibrate with it, which counts as done then.
  func takeIfDue() -> [[Float]]? {
    state.withLock { state in
      guard state.offered >= state.nextAt, state.vectors.count == Self.capacity else { return nil }
      state.nextAt = min(
        Self.growth * state.offered, state.offered + Self.queriesBetweenMax)
      return state.vectors
    }
  }

  /// Has an index that is new, or not as it was, calibrated as soon as there are queries enough.
  func indexHasChanged() {
    state.withLock { $0.nextAt = Self.enough }
  }

  /// Memory of the sample, in bytes.
  var residentBytes: Int {
    state.withLock { state in
      state.vectors.count * (state.vectors.first?.count ?? 0) * MemoryLayout<Float>.stride
    }
  }
}
