import RowSets
import SeededRandom
import VectorIndex

/// A column with a random history, and the plain Swift account of what is in it.
struct ScanFixture {
  let column: DenseColumn
  let visibility = VisibilityTable()
  private(set) var rows: [[Float]?] = []
  private(set) var live: [Bool] = []
  private var sequence: UInt64 = 0

  init(dimension: Int, operations: Int, random: inout SeededGenerator) {
    column = DenseColumn(dimension: dimension)
    for _ in 0..<operations {
      sequence += 1
      let kind = Int.random(in: 0..<10, using: &random)
      let victim = rows.isEmpty ? nil : Int.random(in: 0..<rows.count, using: &random)
      if kind < 2, let victim {
        die(victim)
      } else {
        // An overwrite is a death and a birth in one commit.
        if kind < 4, let victim { die(victim) }
        let offset = UInt32(rows.count)
        let vector = kind == 9 ? nil : random.coarseVector(dimension)
        if let vector { column.write(vector, at: offset) }
        visibility.insert(offset, born: sequence)
        rows.append(vector)
        live.append(true)
      }
    }
  }

  private mutating func die(_ offset: Int) {
    visibility.remove(UInt32(offset), died: sequence)
    live[offset] = false
  }

  var rowCount: UInt32 { UInt32(rows.count) }
  var visibilityView: VisibilityView { visibility.view(at: sequence, rowCount: rowCount) }

  /// Every live row with a vector, scored by plain loops, best first.
  func ranked(_ metric: Metric, _ query: SearchQuery) -> [Neighbor] {
    var result: [Neighbor] = []
    for (offset, row) in rows.enumerated() {
      guard let row, live[offset], query.allowed?.contains(UInt32(offset)) ?? true else {
        continue
      }
      var score: Float = 0
      for (a, b) in zip(query.vector, row) {
        switch metric {
        case .dot: score += a * b
        case .squaredEuclid: score -= (a - b) * (a - b)
        case .manhattan: score -= abs(a - b)
        case .cosine: score += a * b
        }
      }
      if metric == .cosine { score = Self.quotient(score, query.vector, row) }
      if score >= query.minimumScore ?? -.infinity {
        result.append(Neighbor(offset: UInt32(offset), score: score))
      }
    }
    return result.sorted { $0.ranks(before: $1) }
  }

  private static func quotient(_ product: Float, _ a: [Float], _ b: [Float]) -> Float {
    let squares = [a, b].map { $0.reduce(0) { $0 + $1 * $1 } }
    return squares.contains(0) ? 0 : product / (squares[0] * squares[1]).squareRoot()
  }

  func randomQuery(_ random: inout SeededGenerator, metric: Metric) -> SearchQuery {
    var query = SearchQuery(
      vector: random.coarseVector(column.dimension),
      limit: [0, 1, 3, 10, 100, 100_000].randomElement(using: &random) ?? 1)
    if Bool.random(using: &random) {
      let scores = ranked(metric, query).map(\.score)
      query.minimumScore = scores.randomElement(using: &random)
    }
    if let share = [nil, 0, 1, 10, 60, 100].randomElement(using: &random) ?? nil {
      let chosen = (0..<rowCount).filter { _ in Int.random(in: 0..<100, using: &random) < share }
      query.allowed = RowSet(chosen).mask(below: rowCount)
    }
    return query
  }
}
