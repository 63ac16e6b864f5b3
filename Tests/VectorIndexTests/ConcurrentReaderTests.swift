import Foundation
import SeededRandom
import Synchronization
import Testing
import VectorIndex

/// Readers search while one writer inserts, deletes and drops chunks. Meant to be run under
/// ThreadSanitizer too.
@Suite struct ConcurrentReaderTests {
  private static let dimension = 1024

  private struct Published: Sendable {
    var sequence: UInt64 = 0
    var rowCount: UInt32 = 0
    var live = 0
    var finished = false
  }

  /// Column, table, and the owner's lock around what is published.
  private final class Shared: Sendable {
    let column = DenseColumn(dimension: ConcurrentReaderTests.dimension)
    let visibility = VisibilityTable()
    let published = TraceableMutex(Published())
    let failures = TraceableMutex<[String]>([])
    let searches = Atomic<Int>(0)
  }

  /// The only contents that the row at `offset` may ever show.
  private static func contents(_ offset: UInt32) -> [Float] {
    (0..<dimension).map { Float((Int(offset) &* 31 &+ $0 &* 7) % 17 - 8) }
  }

  private static func write(_ shared: Shared, operations: Int) {
    var random = SeededGenerator(seed: 91)
    var rows: UInt32 = 0
    var oldestLive: UInt32 = 0
    var live: Set<UInt32> = []
    let rowsPerChunk = UInt32(shared.column.rowsPerChunk)
    for sequence in 1...UInt64(operations) {
      contents(rows).withUnsafeBufferPointer { shared.column.write($0, at: rows) }
      shared.visibility.insert(rows, born: sequence)
      live.insert(rows)
      rows += 1
      // Rows die in a band behind the newest, so that whole chunks become dead.
      while rows - oldestLive > 700 {
        if live.remove(oldestLive) != nil {
          shared.visibility.remove(oldestLive, died: sequence)
        }
        oldestLive += 1
      }
      if Bool.random(using: &random),
        let victim = live.randomElement(using: &random)
      {
        live.remove(victim)
        shared.visibility.remove(victim, died: sequence)
      }
      let count = live.count
      shared.published.withLock {
        $0.sequence = sequence
        $0.rowCount = rows
        $0.live = count
        if oldestLive.isMultiple(of: rowsPerChunk), oldestLive > 0 {
          shared.column.dropChunk(containing: oldestLive - 1)
        }
      }
    }
    shared.published.withLock { $0.finished = true }
  }

  private static func read(_ shared: Shared, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var finished = false
    while !finished {
      // The column's view is taken under the same lock, so that no chunk of a row that is visible
      // at this sequence can have been dropped in between.
      let (state, view, visibility) = shared.published.withLock { state in
        (
          state, shared.column.view(),
          shared.visibility.view(at: state.sequence, rowCount: state.rowCount)
        )
      }
      finished = state.finished
      let query = SearchQuery(vector: random.coarseVector(dimension), limit: 2000)
      let found = try? ExactScan(metric: .squaredEuclid).search(
        [query], in: view, visibility: visibility, shouldStop: { false })[0]
      guard let found, found.count == state.live else {
        fail(shared, "\(found?.count ?? -1) of \(state.live) rows at \(state.sequence)")
        return
      }
      for neighbor in found.prefix(20) {
        let row = view.row(neighbor.offset)
        guard visibility.isVisible(neighbor.offset), row == contents(neighbor.offset),
          row.map({ VectorMath.score(.squaredEuclid, query.vector, $0) }) == neighbor.score
        else {
          fail(shared, "row \(neighbor.offset) at \(state.sequence)")
          return
        }
      }
      shared.searches.add(1, ordering: .relaxed)
    }
  }

  private static func fail(_ shared: Shared, _ message: String) {
    shared.failures.withLock { $0.append(message) }
  }

  @Test func readersSeeOneMomentWhileTheWriterGoesOn() {
    let shared = Shared()
    let running = DispatchGroup()
    var threads: [Thread] = []
    for seed: UInt64 in [92, 93, 94] {
      running.enter()
      threads.append(
        Thread {
          Self.read(shared, seed: seed)
          running.leave()
        })
    }
    running.enter()
    threads.append(
      Thread {
        Self.write(shared, operations: 4000)
        running.leave()
      })
    for thread in threads { thread.start() }
    running.wait()
    #expect(shared.failures.withLock { $0 } == [])
    #expect(shared.searches.load(ordering: .relaxed) >= 3)
    // 700 rows in a band of 256-row chunks: what lies behind was given back.
    #expect(shared.column.residentBytes < 5 << 20)
  }
}
