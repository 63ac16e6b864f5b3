import Foundation
import SeededRandom
import Testing
import VectorIndex

/// Readers search while one writer inserts, deletes and drops chunks, and segments are made. Meant
/// to be run under ThreadSanitizer too.
@Suite struct SparseConcurrencyTests {
  private struct Published: Sendable {
    var sequence: UInt64 = 0
    var rowCount: UInt32 = 0
    var live: Set<UInt32> = []
    var finished = false
  }

  private final class Shared: Sendable {
    let column = SparseColumn()
    let index = SparseIndex()
    let visibility = VisibilityTable()
    let published = TraceableMutex(Published())

    func read() -> (SparseSearch, Published) {
      published.withLock { state in
        (
          SparseSearch(
            column: column.view(), index: index.view(),
            visibility: visibility.view(at: state.sequence, rowCount: state.rowCount)), state
        )
      }
    }

    /// The only contents that the row at `offset` may ever show.
    static func row(_ offset: UInt32) -> (indices: [UInt32], weights: [Float]) {
      ([0, 1 + offset % 50, 100 + offset], [1, Float(offset % 7), 2])
    }

    func write(operations: Int) {
      var random = SeededGenerator(seed: 92)
      var rows: UInt32 = 0
      var oldest: UInt32 = 0
      var live: Set<UInt32> = []
      for sequence in 1...UInt64(operations) {
        for _ in 0..<50 {
          let row = Self.row(rows)
          row.indices.withUnsafeBufferPointer { indices in
            row.weights.withUnsafeBufferPointer { weights in
              column.write(indices: indices, weights: weights, at: rows)
            }
          }
          visibility.insert(rows, born: sequence)
          live.insert(rows)
          rows += 1
        }
        while rows - oldest > 6000 {
          if live.remove(oldest) != nil { visibility.remove(oldest, died: sequence) }
          oldest += 1
        }
        if let victim = live.randomElement(using: &random) {
          live.remove(victim)
          visibility.remove(victim, died: sequence)
        }
        let (count, now) = (rows, live)
        published.withLock {
          $0.sequence = sequence
          $0.rowCount = count
          $0.live = now
          for offset in stride(from: 4096, through: oldest, by: 4096) {
            column.dropChunk(containing: offset - 1)
          }
        }
      }
      published.withLock { $0.finished = true }
    }

    func check(seed: UInt64) throws {
      var random = SeededGenerator(seed: seed)
      while true {
        let (search, state) = read()
        let few = UInt32.random(in: 0..<50, using: &random)
        let query = SparseSearchQuery(
          vector: SparseQuery(indices: [1 + few], weights: [1]), limit: 100_000)
        let found = try search.search([query], shouldStop: { false })[0]
        let expected = state.live.filter { $0 % 50 == few }
          .map { Neighbor(offset: $0, score: Float($0 % 7)) }.sorted { $0.ranks(before: $1) }
        #expect(found == expected)
        let counts = try search.documentCounts(of: [0, 1 + few], shouldStop: { false })
        #expect(counts.documents == state.live.count)
        #expect(counts.counts == [state.live.count, expected.count])
        if state.finished { return }
      }
    }

    func update() {
      while true {
        let (search, state) = read()
        _ = search.update(index)
        if state.finished { return }
      }
    }
  }

  @Test func readersSeeTheirCommit() async throws {
    let shared = Shared()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { shared.write(operations: 400) }
      group.addTask { shared.update() }
      for seed in [UInt64(1), 2] { group.addTask { try shared.check(seed: seed) } }
      try await group.waitForAll()
    }
    let (search, _) = shared.read()
    while search.update(shared.index) {}
    #expect(shared.index.view().rowCount < 14_000)
  }
}

extension SparseSearch {
  fileprivate func update(_ index: SparseIndex) -> Bool {
    index.update(column: column, visibility: visibility)
  }
}
