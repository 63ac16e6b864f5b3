import SeededRandom
import Testing
import VectorIndex

/// Rows in clusters, as embeddings are, with a plain account of what is alive.
final class ClusteredRows {
  let column: DenseColumn
  let visibility = VisibilityTable()
  private(set) var rows: [[Float]] = []
  private(set) var live: Set<UInt32> = []
  private(set) var sequence: UInt64 = 1
  private let centers: [[Float]]
  private let isUnit: Bool

  init(
    dimension: Int, element: ElementType = .float32, clusters: Int = 20, isUnit: Bool = false,
    random: inout SeededGenerator
  ) {
    column = DenseColumn(dimension: dimension, element: element)
    centers = (0..<clusters).map { _ in random.vector(dimension) }
    self.isUnit = isUnit
  }

  func randomRow(_ random: inout SeededGenerator) -> [Float] {
    let center = centers[Int.random(in: 0..<centers.count, using: &random)]
    var row = zip(center, random.vector(column.dimension)).map { $0 + 0.6 * $1 }
    if isUnit { VectorMath.normalize(&row) }
    // Bytes are whole numbers from 0 on.
    if column.element == .uint8 { row = row.map { 128 + 70 * $0 } }
    return row
  }

  func add(_ count: Int, _ random: inout SeededGenerator) {
    add(count, &random) { randomRow(&$0) }
  }

  func add(
    _ count: Int, _ random: inout SeededGenerator, row make: (inout SeededGenerator) -> [Float]
  ) {
    sequence += 1
    for _ in 0..<count {
      let row = make(&random)
      let offset = UInt32(rows.count)
      row.withUnsafeBufferPointer { column.write($0, at: offset) }
      visibility.insert(offset, born: sequence)
      rows.append(row)
      live.insert(offset)
    }
  }

  func remove(_ count: Int, _ random: inout SeededGenerator) {
    sequence += 1
    for _ in 0..<min(count, live.count) {
      guard let victim = live.randomElement(using: &random) else { return }
      visibility.remove(victim, died: sequence)
      live.remove(victim)
    }
  }

  func remove(_ victim: UInt32) {
    sequence += 1
    visibility.remove(victim, died: sequence)
    live.remove(victim)
  }

  var view: VisibilityView { visibility.view(at: sequence, rowCount: UInt32(rows.count)) }

  func exact(_ metric: Metric, _ queries: [SearchQuery]) throws -> [[Neighbor]] {
    try ExactScan(metric: metric).search(
      queries, in: column.view(), visibility: view, shouldStop: { false })
  }

  func build(
    _ metric: Metric, _ parameters: IVFParameters = IVFParameters()
  ) throws -> IVFFlatIndex {
    try IVFFlatIndex.build(
      metric: metric, parameters: parameters, rows: column.view(), visibility: view,
      shouldContinue: { _ in true })
  }

  func search(
    _ index: IVFFlatIndex, _ queries: [SearchQuery], _ effort: SearchEffort
  ) throws -> [[Neighbor]] {
    try IVFSearch(index.view(), effort: effort).search(
      queries, in: column.view(), visibility: view, shouldStop: { false })
  }

  /// The share of true neighbours found by searches of such effort.
  func recall(
    _ index: IVFFlatIndex, _ metric: Metric, effort: SearchEffort, queries: Int = 100,
    _ random: inout SeededGenerator
  ) throws -> Double {
    let queries = (0..<queries).map { _ in SearchQuery(vector: randomRow(&random), limit: 10) }
    let truth = try exact(metric, queries)
    var found = 0
    for (query, neighbors) in zip(queries, truth) {
      let hits = try search(index, [query], effort)[0]
      found += Set(hits.map(\.offset)).intersection(neighbors.map(\.offset)).count
    }
    return Double(found) / Double(truth.reduce(0) { $0 + $1.count })
  }
}
