import Foundation
import VectorIndex

/// One column of sparse vectors with its index and the queries put to it.
final class SparseBench {
  private let column: SparseColumn
  private let index = SparseIndex()
  private let visibility = VisibilityTable()
  private var rowCount: UInt32 = 0
  private var queries: [(indices: [UInt32], weights: [Float])] = []
  private let limit: Int
  private let usesRarity: Bool
  private var placing = 0.0

  /// - Parameter element: what weights of rows are kept as.
  init(base: Data, queries: Data, limit: Int, usesRarity: Bool, keeping element: ElementType) {
    column = SparseColumn(keeping: element)
    self.limit = limit
    self.usesRarity = usesRarity
    let start = CPUTime.now
    base.withUnsafeBytes { bytes in
      Self.forEachVector(bytes) { vector in
        column.write(encoded: vector, at: rowCount)
        visibility.insert(rowCount, born: 1)
        rowCount += 1
      }
    }
    placing = CPUTime.now - start
    queries.withUnsafeBytes { bytes in
      Self.forEachVector(bytes) { vector in
        let numbers = UnsafeRawBufferPointer(rebasing: vector[4...])
        let half = numbers.count / 2
        let indices = stride(from: 0, to: half, by: 4).map {
          numbers.loadUnaligned(fromByteOffset: $0, as: UInt32.self)
        }
        let weights = stride(from: half, to: numbers.count, by: 4).map {
          numbers.loadUnaligned(fromByteOffset: $0, as: Float.self)
        }
        self.queries.append((indices, weights))
      }
    }
  }

  private static func forEachVector(
    _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    var position = 0
    while position + 4 <= bytes.count {
      let count = Int(bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      let end = position + 4 + 8 * count
      guard end <= bytes.count else { return }
      body(UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
      position = end
    }
  }

  private var view: VisibilityView { visibility.view(at: 1, rowCount: rowCount) }

  /// Makes the segments.
  func build() -> String {
    let start = CPUTime.now
    while index.update(column: column.view(), visibility: view) {}
    let seconds = CPUTime.now - start
    return """
      {"build_cpu_s": \(seconds), "place_cpu_s": \(placing), "points": \(rowCount), \
      "elements": \(column.writtenElements), "row_bytes": \(column.residentBytes), \
      "index_bytes": \(index.residentBytes), "kernels": "\(Kernels.selected)"}
      """
  }

  /// Runs every query alone, on this thread, the way a search thread of the server does.
  func search(out path: String) throws -> String {
    var times: [Double] = []
    var found = [UInt32](repeating: .max, count: 2 * queries.count * limit)
    let search = SparseSearch(column: column.view(), index: index.view(), visibility: view)
    let start = CPUTime.now
    var last = start
    for (number, query) in queries.enumerated() {
      var weights = query.weights
      if usesRarity {
        let counts = try search.documentCounts(of: query.indices, shouldStop: { false })
        let documents = Float(counts.documents)
        for (position, count) in counts.counts.enumerated() {
          weights[position] *= log((documents - Float(count) + 0.5) / (Float(count) + 0.5) + 1)
        }
      }
      let vector = SparseQuery(indices: query.indices, weights: weights)
      let neighbors = try search.search(
        [SparseSearchQuery(vector: vector, limit: limit)], shouldStop: { false })
      for (rank, neighbor) in neighbors[0].enumerated() {
        found[2 * number * limit + rank] = neighbor.offset
        found[(2 * number + 1) * limit + rank] = neighbor.score.bitPattern
      }
      let now = CPUTime.now
      times.append(now - last)
      last = now
    }
    let total = last - start
    try found.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path)) }
    times.sort()
    let p50 = times[times.count / 2] * 1000
    let p99 = times[min(times.count - 1, times.count * 99 / 100)] * 1000
    return """
      {"cpu_s": \(total), "qps_cpu": \(Double(queries.count) / total), "p50_ms": \(p50), \
      "p99_ms": \(p99)}
      """
  }
}
