import SeededRandom
import VectorDB
import VectorIndex

/// A read that begins, and looks at what it holds as often as it gets to.
final class SimulatedReader {
  private let collection: SimulatedCollection
  private var start = ReadStart<SimulatedCollection.State, SimulatedCommit>()
  private var held: (state: SimulatedCollection.State, commit: SimulatedCommit)?

  init(of collection: SimulatedCollection) { self.collection = collection }

  /// What it finds one after the other.
  private struct Source: ReadSource {
    let collection: SimulatedCollection
    let simulation: EngineSimulation

    func latestState() -> SimulatedCollection.State { collection.published.load() }
    func latestCommit() -> SimulatedCommit { simulation.latest }
    func awaitPublishing() { simulation.noteRetry() }

    func isUnchanged(_ state: SimulatedCollection.State, by commit: SimulatedCommit) -> Bool {
      simulation.ignoresPairs
        || state.sequence <= commit.sequence && collection.published.isCurrent(state)
    }
  }

  /// Goes on by one step, unless it waits.
  func step(_ simulation: EngineSimulation) {
    if simulation.hasLostMemory { return }
    if held != nil { return check(simulation) }
    if start.isBehind, simulation.isHalfPublished { return }
    held = start.step(Source(collection: collection, simulation: simulation))
  }

  /// Does what is left to do, if nothing keeps it waiting.
  func finish(_ simulation: EngineSimulation) {
    while held == nil, !simulation.hasLostMemory {
      if start.isBehind, simulation.isHalfPublished { return }
      step(simulation)
    }
    step(simulation)
  }

  private func check(_ simulation: EngineSimulation) {
    guard let (state, commit) = held else { return }
    simulation.noteRead()
    let place =
      "collection \(collection.number) of commit \(state.sequence), read at \(commit.sequence)"
    let rows = simulation.rows(of: collection.number, at: state.sequence)
    simulation.expect(
      commit.store.rows[collection.number] == rows, "the store has other rows: \(place)")
    var visible: [UInt32] = []
    state.visibility.forEachVisible(in: collection.firstOffset..<UInt32.max) {
      visible.append($0)
    }
    simulation.expect(visible == rows.keys.sorted(), "other rows are visible: \(place)")
    for offset in visible {
      simulation.expect(
        state.sparse.vector(offset).map { Dictionary(uniqueKeysWithValues: zip($0, $1)) }
          == rows[offset]?.sparse && state.dense.row(offset) == rows[offset]?.dense,
        "row \(offset) is another: \(place)")
    }
    if simulation.draw({ Int.random(in: 0..<4, using: &$0) }) == 0 {
      checkSearches(simulation, state, rows, place)
    }
  }

  private func checkSearches(
    _ simulation: EngineSimulation, _ state: SimulatedCollection.State,
    _ rows: [UInt32: SimulatedRow], _ place: String
  ) {
    let query = simulation.draw { random in
      (0..<3).reduce(into: [UInt32: Float]()) { query, _ in
        query[UInt32.random(in: 0...12, using: &random)] = 1
      }
    }
    let search = SparseSearch(
      column: state.sparse, index: state.sparseIndex, visibility: state.visibility)
    let sparse = SparseSearchQuery(
      vector: SparseQuery(indices: Array(query.keys), weights: Array(query.values)), limit: 200)
    let found = try? search.search([sparse], shouldStop: { false })[0].map(\.offset)
    let sharing = rows.filter { !$0.value.sparse.keys.filter { query[$0] != nil }.isEmpty }
    simulation.expect(
      found.map { $0.sorted() } == sharing.keys.sorted(), "a search finds others: \(place)")
    let counts = try? search.documentCounts(of: query.keys.sorted(), shouldStop: { false })
    let expected = query.keys.sorted().map { index in
      rows.values.count { $0.sparse[index] != nil }
    }
    simulation.expect(counts?.counts == expected, "counts are others: \(place)")
    guard let lists = state.lists else { return }
    // As many as there are, and few beside the offsets: through the lists and the tail.
    let nearest = try? IVFSearch(lists, effort: .probes(1000)).search(
      [SearchQuery(vector: rows.first?.value.dense ?? Self.anywhere, limit: 500)],
      in: state.dense, visibility: state.visibility, shouldStop: { false })[0].map(\.offset)
    simulation.expect(
      nearest.map { $0.sorted() } == rows.keys.sorted(), "lists have others: \(place)")
  }

  private static let anywhere = [Float](repeating: 1, count: SimulatedCollection.dimension)
}
