import SeededRandom
import Testing
import VectorIndex

@Suite struct KernelTests {
  static let dimensions = Array(1...300) + [384, 512, 768, 1024, 1536, 4096]

  /// What the kernels promise: an error of at most 2e-5 of the sum of the terms' magnitudes, for
  /// up to 4,096 dimensions.
  static let relativeError = 2e-5

  private func magnitude(_ metric: Metric, _ a: [Float], _ b: [Float]) -> Double {
    if metric == .cosine { return Double(a.count).squareRoot() }
    return zip(a, b).reduce(0) { sum, pair in
      let (x, y) = (Double(pair.0), Double(pair.1))
      return switch metric {
      case .cosine: 0
      case .dot: sum + abs(x * y)
      case .squaredEuclid: sum + (x - y) * (x - y)
      case .manhattan: sum + abs(x - y)
      }
    }
  }

  private func scores(
    _ metric: Metric, _ query: [Float], _ rows: [Float], count: Int, _ variant: KernelVariant
  ) -> [Float] {
    var result = [Float](repeating: .nan, count: count)
    query.withUnsafeBufferPointer { query in
      rows.withUnsafeBufferPointer { rows in
        result.withUnsafeMutableBufferPointer { result in
          guard let first = rows.baseAddress else { return }
          Kernels.score(metric, query: query, rows: first, into: result, using: variant)
        }
      }
    }
    return result
  }

  private func gatheredScores(
    _ metric: Metric, _ query: [Float], _ rows: [Float], order: [Int], _ variant: KernelVariant
  ) -> [Float] {
    var result = [Float](repeating: .nan, count: order.count)
    query.withUnsafeBufferPointer { query in
      rows.withUnsafeBufferPointer { rows in
        result.withUnsafeMutableBufferPointer { result in
          guard let first = rows.baseAddress else { return }
          order.map { first + $0 * query.count }.withUnsafeBufferPointer { pointers in
            Kernels.score(metric, query: query, gathering: pointers, into: result, using: variant)
          }
        }
      }
    }
    return result
  }

  @Test(arguments: KernelVariant.allCases.filter(\.isSupported), Metric.allCases)
  func agreesWithTheReference(_ variant: KernelVariant, _ metric: Metric) {
    var random = SeededGenerator(seed: 11)
    let count = 3
    for dimension in Self.dimensions {
      let query = random.vector(dimension)
      let rows = random.vector(count * dimension)
      let expected = scores(metric, query, rows, count: count, .scalar)
      let found = scores(metric, query, rows, count: count, variant)
      for row in 0..<count {
        let vector = Array(rows[row * dimension..<(row + 1) * dimension])
        let allowed = Self.relativeError * magnitude(metric, query, vector)
        let error = abs(Double(found[row]) - Double(expected[row]))
        #expect(error <= allowed, "\(variant) \(metric) d=\(dimension)")
      }
    }
  }

  /// Vectors of few numbers are added up in order, product after product, as Qdrant's engine does:
  /// the last digit is the same.
  @Test(arguments: KernelVariant.allCases.filter { $0.isSupported && $0 != .scalar })
  func shortVectorsAreAddedUpInOrder(_ variant: KernelVariant) {
    var random = SeededGenerator(seed: 17)
    #expect(
      scores(.dot, [0.05, 0.61, 0.76, 0.74], [0.36, 0.55, 0.47, 0.94], count: 1, variant)
        == [1.4063001])
    for dimension in 1..<16 {
      let a = random.vector(dimension)
      let b = random.vector(dimension)
      let pairs = Array(zip(a, b))
      let sums: [(Metric, Float)] = [
        (.dot, pairs.reduce(0) { $0 + $1.0 * $1.1 }),
        (.squaredEuclid, -pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }),
        (.manhattan, -pairs.reduce(0) { $0 + abs($1.0 - $1.1) }),
      ]
      for (metric, sum) in sums {
        #expect(scores(metric, a, b, count: 1, variant) == [sum], "\(metric) d=\(dimension)")
      }
    }
  }

  @Test func referenceAgreesWithPlainArithmetic() {
    let a: [Float] = [1, -2, 3, 0.5]
    let b: [Float] = [4, 1, -1, 2]
    #expect(scores(.dot, a, b, count: 1, .scalar) == [0])
    #expect(scores(.squaredEuclid, a, b, count: 1, .scalar) == [-36.25])
    #expect(scores(.manhattan, a, b, count: 1, .scalar) == [-11.5])
  }

  @Test(arguments: KernelVariant.allCases.filter(\.isSupported), Metric.allCases)
  func aRowScoresTheSameAloneInABlockAndGathered(_ variant: KernelVariant, _ metric: Metric) {
    var random = SeededGenerator(seed: 12)
    for dimension in [1, 7, 33, 65, 100, 384, 1000] {
      let count = 21
      let query = random.vector(dimension)
      let rows = random.vector(count * dimension)
      let block = scores(metric, query, rows, count: count, variant)
      for row in 0..<count {
        let vector = Array(rows[row * dimension..<(row + 1) * dimension])
        #expect(scores(metric, query, vector, count: 1, variant) == [block[row]])
      }
      let order = (0..<count).shuffled(using: &random)
      #expect(
        gatheredScores(metric, query, rows, order: order, variant) == order.map { block[$0] })
    }
  }

  @Test func aNameChoosesItsVariantIfTheCPUHasIt() {
    let best = Kernels.select(nil)
    #expect(best.variant.isSupported)
    #expect(best.description == best.variant.name)
    #expect(Kernels.select("").variant == best.variant)
    #expect(Kernels.select("scalar").variant == .scalar)
    #expect(Kernels.select("scalar").description == "scalar")
    for variant in KernelVariant.allCases {
      let chosen = Kernels.select(variant.name)
      #expect(chosen.variant == (variant.isSupported ? variant : best.variant))
      #expect((chosen.description == chosen.variant.name) == variant.isSupported)
    }
  }

  @Test func anUnknownNameFallsBackAndSaysSo() {
    let chosen = Kernels.select("mmx")
    #expect(chosen.variant == Kernels.select(nil).variant)
    #expect(chosen.description.hasPrefix(chosen.variant.name + " "))
    #expect(chosen.description.contains("mmx"))
  }

  @Test func theSelectedNameIsThatOfASupportedVariant() {
    let name = Kernels.selected.prefix { $0 != " " }
    #expect(KernelVariant.allCases.filter(\.isSupported).map(\.name).contains(String(name)))
  }
}
