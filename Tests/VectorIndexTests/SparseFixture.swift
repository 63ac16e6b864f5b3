import RowSets
import SeededRandom
import VectorIndex

/// A column of sparse vectors with a random history, its index, and the plain Swift account of
/// what is in it.
struct SparseFixture {
  /// What weights are like.
  enum Weights: Sendable, CaseIterable {
    /// As of texts: positive, few of them great.
    case skewed
    /// Few different values, so that scores tie.
    case coarse
    /// Of both signs, with zeros.
    case signed
    /// From the smallest to the greatest that floats have.
    case extreme
  }

  typealias Vector = [UInt32: Float]

  let column: SparseColumn
  let visibility = VisibilityTable()
  let index = SparseIndex()
  let weights: Weights
  private(set) var rows: [Vector?] = []
  private(set) var live: Set<UInt32> = []
  private(set) var sequence: UInt64 = 0

  init(_ weights: Weights, keeping element: ElementType = .float32) {
    self.weights = weights
    column = SparseColumn(keeping: element)
  }

  var rowCount: UInt32 { UInt32(rows.count) }
  var visibilityView: VisibilityView { visibility.view(at: sequence, rowCount: rowCount) }

  func weight(_ random: inout SeededGenerator) -> Float {
    switch weights {
    case .skewed: 0.05 + pow(Float.random(in: 0...1, using: &random), 4) * 3
    case .coarse: Float(Int.random(in: 1...3, using: &random))
    case .signed: Float(Int.random(in: -3...3, using: &random))
    case .extreme:
      [.leastNonzeroMagnitude, 1e-36, 1e-20, 1, 1e20, 3e38, -1e-30, -3e38, 0].randomElement(
        using: &random) ?? 0
    }
  }

  private func pow(_ base: Float, _ exponent: Int) -> Float {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  /// Low indices are frequent; some are anywhere among 32 bits.
  func vector(_ count: Int, _ random: inout SeededGenerator) -> Vector {
    var vector: Vector = [:]
    for _ in 0..<count {
      let share = Float.random(in: 0...1, using: &random)
      let index =
        Int.random(in: 0..<20, using: &random) == 0
        ? UInt32.random(in: 0...(.max), using: &random)
        : UInt32(pow(share, 3) * 2000) &* 7
      vector[index] = weight(&random)
    }
    return vector
  }

  /// One commit that writes rows; some points have no vector, some an empty one.
  mutating func add(_ count: Int, length: Int = 12, _ random: inout SeededGenerator) {
    sequence += 1
    for _ in 0..<count {
      let kind = Int.random(in: 0..<30, using: &random)
      let vector = kind == 0 ? nil : vector(kind == 1 ? 0 : length, &random)
      let offset = rowCount
      if let vector { write(vector, at: offset) }
      visibility.insert(offset, born: sequence)
      rows.append(vector.map { _ in kept(at: offset) })
      live.insert(offset)
    }
  }

  private func write(_ vector: Vector, at offset: UInt32) {
    let sorted = vector.sorted { $0.key < $1.key }
    sorted.map(\.key).withUnsafeBufferPointer { indices in
      sorted.map(\.value).withUnsafeBufferPointer { weights in
        column.write(indices: indices, weights: weights, at: offset)
      }
    }
  }

  /// The vector as the column keeps it.
  private func kept(at offset: UInt32) -> Vector {
    let row = column.view().vector(offset) ?? ([], [])
    return Dictionary(uniqueKeysWithValues: zip(row.indices, row.weights))
  }

  /// One commit in which a share of the rows dies.
  mutating func remove(_ share: Double, _ random: inout SeededGenerator) {
    sequence += 1
    for offset in live.sorted() where Double.random(in: 0..<1, using: &random) < share {
      visibility.remove(offset, died: sequence)
      live.remove(offset)
    }
  }

  func updateIndex() {
    while index.update(column: column.view(), visibility: visibilityView) {}
  }

  func search(using variant: KernelVariant, window: Int = .max) -> SparseSearch {
    SparseSearch(
      column: column.view(), index: index.view(), visibility: visibilityView, using: variant,
      window: window)
  }

  /// Every live row that shares an index with the query, scored by plain loops, best first.
  func ranked(_ vector: Vector, minimumScore: Float?, allowed: RowMask?) -> [Neighbor] {
    var result: [Neighbor] = []
    for offset in live where allowed?.contains(offset) ?? true {
      guard let row = rows[Int(offset)], let score = Self.score(vector, row) else { continue }
      if score >= minimumScore ?? -.infinity {
        result.append(Neighbor(offset: offset, score: score))
      }
    }
    return result.sorted { $0.ranks(before: $1) }
  }

  static func score(_ a: Vector, _ b: Vector) -> Float? {
    var score: Float = 0
    var isMet = false
    for index in b.keys.sorted() {
      guard let weight = a[index], let other = b[index] else { continue }
      isMet = true
      score += weight * other
    }
    return isMet ? (score.isNaN ? 0 : score) : nil
  }

  func randomMask(_ random: inout SeededGenerator) -> RowMask? {
    guard let share = [nil, 0, 1, 10, 60, 100].randomElement(using: &random) ?? nil else {
      return nil
    }
    let chosen = (0..<rowCount).filter { _ in Int.random(in: 0..<100, using: &random) < share }
    return RowSet(chosen).mask(below: rowCount)
  }
}

extension SparseQuery {
  convenience init(_ vector: SparseFixture.Vector, using variant: KernelVariant) {
    self.init(indices: Array(vector.keys), weights: Array(vector.values), using: variant)
  }
}
