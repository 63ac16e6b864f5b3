import Synchronization
import VectorIndex

/// The index of one vector of a collection: none, being built, or there.
///
/// Any thread may look; the indexer's thread changes it.
final class IndexSlot: Sendable {
  private let state = Mutex(State())

  struct State {
    var index: (any VectorFieldIndex)?
    /// The share that is done of the build under way.
    var progress: Double?
    var isWaiting = false
    var problem: String?
    /// When a build was put off because there was no memory for it.
    var refusedAt: UInt64?
    /// Rows that the saved form covers.
    var savedRows: UInt32 = 0
    /// The configured number of lists that the index was built with.
    var configuredLists: Int?
    /// Where the last round of upkeep found the collection.
    var upkeepSequence: UInt64 = 0
    /// When that was, or the index was built, in milliseconds; `nil` if not since it was loaded.
    var upkeepAt: UInt64?
    /// Vectors that there were when the index was built.
    var builtVectors = 0
    /// When it was built or calibrated, in milliseconds; `nil` if not since it was loaded.
    var calibratedAt: UInt64?
  }

  /// The index that searches use.
  var index: (any VectorFieldIndex)? { state.withLock { $0.index } }

  /// Whether a first index is being built.
  var isComing: Bool { state.withLock { $0.index == nil && $0.progress != nil } }

  func withState<Value>(_ body: (inout State) -> sending Value) -> sending Value {
    state.withLock { body(&$0) }
  }

  /// Makes `index` the one that searches use from now on.
  ///
  /// - Parameter builtVectors: the vectors that there were when it was built.
  func install(
    _ index: any VectorFieldIndex, configuredLists: Int?, builtVectors: Int, savedRows: UInt32 = 0
  ) {
    let replaced = state.withLock { state in
      defer {
        state.index = index
        state.progress = nil
        state.isWaiting = false
        state.savedRows = savedRows
        state.configuredLists = configuredLists
        state.builtVectors = builtVectors
      }
      return state.index
    }
    _ = consume replaced
  }

  /// What goes on.
  var phase: IndexState {
    state.withLock { state in
      switch (state.index, state.progress) {
      case (nil, let progress?): .building(progress)
      case (_?, let progress?): .rebuilding(progress)
      case (_?, nil): .ready
      case (nil, nil): state.isWaiting ? .waiting : .none
      }
    }
  }
}
