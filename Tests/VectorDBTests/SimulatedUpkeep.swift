import VectorDB
import VectorIndex

/// What the indexer does with one collection: takes what is published, works on it while others go
/// on, and shows it.
final class SimulatedUpkeep {
  private enum Stage {
    case fresh
    case viewing(SimulatedCollection.State)
    case worked
  }

  private let collection: SimulatedCollection
  private let makesLists: Bool
  private var stage = Stage.fresh
  private var segments = 0
  private var listChanges = 0

  init(of collection: SimulatedCollection, makesLists: Bool) {
    self.collection = collection
    self.makesLists = makesLists
  }

  /// - Parameter kind: which of its works it does, 0 to 3.
  /// - Returns: whether there is more to do.
  func step(_ kind: Int, stopping: () -> Bool) -> Bool {
    switch stage {
    case .fresh: stage = .viewing(collection.published.load())
    case .viewing(let state):
      work(state, kind, stopping)
      stage = .worked
    case .worked:
      collection.publish()
      return false
    }
    return true
  }

  private func work(
    _ state: SimulatedCollection.State, _ kind: Int, _ stopping: () -> Bool
  ) {
    switch kind {
    case 0:
      if collection.sparseIndex.update(
        column: state.sparse, visibility: state.visibility, shouldStop: stopping)
      {
        segments += 1
      }
    case 1 where collection.lists == nil:
      guard makesLists, collection.rowCount - collection.firstOffset > 30 else { return }
      collection.lists = try? IVFFlatIndex.build(
        metric: .squaredEuclid, parameters: IVFParameters(listCount: 4), rows: state.dense,
        visibility: state.visibility, shouldContinue: { _ in !stopping() })
    case 1, 2:
      let count = collection.lists?.insert(
        from: state.dense, visibility: state.visibility, limit: 7)
      listChanges += count ?? 0
    default:
      while let lists = collection.lists,
        lists.maintain(rows: state.dense, visibility: state.visibility)
      {
        listChanges += 1
        if stopping() { return }
      }
    }
  }

  func takeSegments() -> Int {
    defer { segments = 0 }
    return segments
  }

  func takeListChanges() -> Int {
    defer { listChanges = 0 }
    return listChanges
  }
}
