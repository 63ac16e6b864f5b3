import SeededRandom
import Testing
import VectorIndex

/// Rows with one writer, one indexer and many readers, the way a collection has them: what belongs
/// to one commit is published and read under a lock.
final class SharedRows: Sendable {
  private struct Published: Sendable {
    var sequence: UInt64
    var rowCount: UInt32
    var live: Set<UInt32>
    var isFinished = false
    var checks = 0
  }

  private let column: DenseColumn
  private let visibility: VisibilityTable
  private let index: IVFFlatIndex
  private let published: TraceableMutex<Published>

  init(_ rows: ClusteredRows, index: IVFFlatIndex) {
    column = rows.column
    visibility = rows.visibility
    self.index = index
    published = TraceableMutex(
      Published(
        sequence: rows.sequence, rowCount: UInt32(rows.rows.count), live: rows.live))
  }

  var isFinished: Bool { published.withLock { $0.isFinished } }
  var checks: Int { published.withLock { $0.checks } }
  func finish() { published.withLock { $0.isFinished = true } }

  /// Writer: some rows come, some go.
  func commit(_ random: inout SeededGenerator) {
    let (sequence, rowCount, live) = published.withLock { ($0.sequence, $0.rowCount, $0.live) }
    var next = live
    for offset in rowCount..<rowCount + 40 {
      random.vector(column.dimension).withUnsafeBufferPointer { column.write($0, at: offset) }
      visibility.insert(offset, born: sequence + 1)
      next.insert(offset)
    }
    for _ in 0..<30 {
      guard let victim = live.randomElement(using: &random), next.remove(victim) != nil else {
        continue
      }
      visibility.remove(victim, died: sequence + 1)
    }
    let result = next
    published.withLock {
      $0.sequence = sequence + 1
      $0.rowCount = rowCount + 40
      $0.live = result
    }
  }

  private func read() -> (IVFIndexView, DenseColumnView, VisibilityView, Set<UInt32>) {
    published.withLock {
      (
        index.view(), column.view(), visibility.view(at: $0.sequence, rowCount: $0.rowCount),
        $0.live
      )
    }
  }

  /// Indexer: enters rows and looks after lists.
  func maintain() {
    let (_, rows, visible, _) = read()
    _ = index.insert(from: rows, visibility: visible, limit: 100)
    _ = index.maintain(rows: rows, visibility: visible)
  }

  /// Builder: a successor is made aside, and the index measured anew.
  func rebuild(_ random: inout SeededGenerator) {
    let (_, rows, visible, live) = read()
    do throws(BuildInterrupted) {
      let successor = try IVFFlatIndex.build(
        metric: .squaredEuclid, parameters: IVFParameters(), rows: rows, visibility: visible,
        shouldContinue: { _ in true })
      #expect(successor.statistics().entryCount == 2 * live.count)
      try index.recalibrate(
        with: (0..<8).map { _ in random.vector(column.dimension) }, rows: rows,
        visibility: visible, shouldContinue: { _ in true })
    } catch {
      Issue.record(error)
    }
  }

  /// Reader: at full effort exactly the live rows are found.
  func check(_ random: inout SeededGenerator) {
    let (view, rows, visible, live) = read()
    let search = IVFSearch(
      view, effort: .probes(.max), bounds: ErrorBounds(lower: 100, upper: 100))
    let query = SearchQuery(vector: random.vector(column.dimension), limit: 100_000)
    do {
      let hits = try search.search(
        [query], in: rows, visibility: visible, shouldStop: { false })[0]
      #expect(hits.count == live.count)
      #expect(Set(hits.map(\.offset)) == live)
    } catch {
      Issue.record(error)
    }
    published.withLock { $0.checks += 1 }
  }
}
