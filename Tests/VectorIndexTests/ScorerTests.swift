import CVectorKernels
import SeededRandom
import Testing
import VectorIndex

/// Scores of rows of every element type, against plain loops.
@Suite struct ScorerTests {
  /// The number that is kept of a number that comes.
  static func kept(_ value: Float, as element: ElementType) -> Float {
    switch element {
    case .float32, .turbo4: value
    case .float16: Float(Float16(value))
    case .uint8: min(max(value, 0), 255).rounded(.towardZero)
    }
  }

  static func vector(
    _ dimension: Int, _ element: ElementType, _ random: inout SeededGenerator
  ) -> [Float] {
    element == .uint8
      ? (0..<dimension).map { _ in Float.random(in: -20...280, using: &random) }
      : random.vector(dimension)
  }

  /// The score and the sum of the magnitudes that it is made of.
  static func naive(
    _ metric: Metric, _ a: [Float], _ b: [Float]
  ) -> (score: Double, magnitude: Double) {
    var score = 0.0
    var magnitude = 0.0
    var squares = (0.0, 0.0)
    for (x, y) in zip(a, b) {
      squares.0 += Double(x) * Double(x)
      squares.1 += Double(y) * Double(y)
      let term =
        switch metric {
        case .dot, .cosine: Double(x) * Double(y)
        case .squaredEuclid: -(Double(x) - Double(y)) * (Double(x) - Double(y))
        case .manhattan: -abs(Double(x) - Double(y))
        }
      score += term
      magnitude += abs(term)
    }
    if metric == .cosine {
      let lengths = (squares.0 * squares.1).squareRoot()
      return lengths == 0 ? (0, 0) : (score / lengths, max(1, magnitude / lengths))
    }
    return (score, magnitude)
  }

  @Test(arguments: ElementType.ofNumbers, Metric.allCases)
  func agreesWithPlainLoops(_ element: ElementType, _ metric: Metric) {
    var random = SeededGenerator(seed: 61)
    for dimension in [1, 3, 16, 33, 100, 384, 1000] {
      let column = DenseColumn(dimension: dimension, element: element)
      let count: UInt32 = 40
      var rows: [UInt32: [Float]] = [:]
      for offset in 0..<count where offset % 7 != 3 {
        let row = Self.vector(dimension, element, &random)
        column.write(row, at: offset)
        rows[offset] = row.map { Self.kept($0, as: element) }
      }
      let query = Self.vector(dimension, element, &random)
      let scorer = column.view().scorer(for: query, metric: metric)
      let asked = query.map { Self.kept($0, as: element) }
      var side = [Float](repeating: .nan, count: Int(count))
      let isThere = side.withUnsafeMutableBufferPointer { scorer.score(0..<count, into: $0) }
      #expect(isThere)
      let order = (0..<count).shuffled(using: &random)
      for (offset, found) in zip(order, scorer.scores(at: order)) {
        #expect(scorer.contains(offset) == (rows[offset] != nil))
        #expect((found == nil) == (rows[offset] == nil))
        guard let row = rows[offset], let found else { continue }
        #expect(found == side[Int(offset)])
        let expected = Self.naive(metric, asked, row)
        let allowed = KernelTests.relativeError * expected.magnitude
        #expect(
          abs(Double(found) - expected.score) <= allowed,
          "\(element) \(metric) d=\(dimension): \(found), \(expected.score)")
      }
    }
  }

  /// Sums of bytes are exact, however long the rows.
  @Test(arguments: Metric.allCases)
  func bytesDoNotOverflow(_ metric: Metric) throws {
    let column = DenseColumn(dimension: 65_536, element: .uint8)
    let greatest = [Float](repeating: 255, count: 65_536)
    column.write(greatest, at: 0)
    let query =
      metric == .dot || metric == .cosine ? greatest : [Float](repeating: 0, count: 65_536)
    let found = column.view().scorer(for: query, metric: metric).scores(at: [0, 1])
    let sum: Double = metric == .manhattan ? 255 * 65_536 : 255 * 255 * 65_536
    #expect(found == [metric == .cosine ? 1 : Float(metric == .dot ? sum : -sum), nil])
  }

  @Test(arguments: ElementType.ofNumbers)
  func chunksThatAreNotThereHaveNoScores(_ element: ElementType) {
    let column = DenseColumn(dimension: 8, element: element)
    let rows = UInt32(column.rowsPerChunk)
    column.write([Float](repeating: 1, count: 8), at: rows)
    let scorer = column.view().scorer(for: [Float](repeating: 2, count: 8), metric: .dot)
    #expect(scorer.rowsPerChunk == Int(rows))
    #expect(scorer.rowBytes == element.bytes(of: 8))
    var scores: [Float] = [-1, -1]
    let isThere = scores.withUnsafeMutableBufferPointer { scores in
      (
        scorer.score(0..<2, into: scores), scorer.score(2 * rows..<2 * rows + 1, into: scores)
      )
    }
    #expect(isThere == (false, false))
    #expect(scores == [-1, -1])
    let row = scores.withUnsafeMutableBufferPointer { scorer.score(rows..<rows + 2, into: $0) }
    #expect(row && scores[0] == 16)
    #expect(scorer.scores(at: [0, rows, rows + 1, rows, .max]) == [nil, 16, nil, 16, nil])
  }

  /// Every kernel set gives what the reference gives.
  @Test(
    arguments: KernelVariant.allCases.filter(\.isSupported), [ElementType.float16, .uint8])
  func kernelSetsAgree(_ variant: KernelVariant, _ element: ElementType) {
    var random = SeededGenerator(seed: 62)
    for dimension in Array(1...70) + [384, 1000] {
      let column = DenseColumn(dimension: dimension, element: element)
      column.write(Self.vector(dimension, element, &random), at: 0)
      column.write(Self.vector(dimension, element, &random), at: 1)
      let kept = (0..<2).map { column.view().row($0) ?? [] }
      for metric in Metric.allCases {
        let bytes = kept.map { Self.bytes($0, element) }
        let scores = bytes[0].withUnsafeBytes { a in
          bytes[1].withUnsafeBytes { b in
            [variant, .scalar].map { variant in
              var score: [Float] = [0]
              score.withUnsafeMutableBufferPointer { score in
                guard let a = a.baseAddress, let b = b.baseAddress else { return }
                Kernels.score(
                  metric, element, dimension: dimension, query: a, rows: b, into: score,
                  using: variant)
              }
              return score[0]
            }
          }
        }
        let magnitude = Self.naive(metric, kept[0], kept[1]).magnitude
        let allowed = element == .uint8 ? 0 : KernelTests.relativeError * magnitude
        #expect(
          abs(Double(scores[0]) - Double(scores[1])) <= allowed,
          "\(variant) \(element) \(metric) d=\(dimension)")
      }
    }
  }

  private static func bytes(_ row: [Float], _ element: ElementType) -> [UInt16] {
    switch element {
    case .float32, .turbo4: []
    case .float16: row.map { Float16($0).bitPattern }
    case .uint8:
      stride(from: 0, to: row.count, by: 2).map { index in
        let next = index + 1 < row.count ? UInt16(row[index + 1]) : 0
        return (UInt16(row[index]) | next << 8).littleEndian
      }
    }
  }

  /// Every kernel set rounds to the nearest half, ties to even, and keeps what is finite so.
  @Test(arguments: KernelVariant.allCases.filter(\.isSupported))
  func halvesAreRoundedAsIEEESays(_ variant: KernelVariant) {
    var random = SeededGenerator(seed: 63)
    let numbers =
      [0, -0.0, 65_504, 65_519, 1e-8, 6e-8, -6.2e-5, 1.00048828125, .infinity]
      + (0..<4000).map { _ in
        Float.random(in: -1...1, using: &random) * Float.random(in: 0...9e4, using: &random)
      } + (0..<4000).map { _ in Float.random(in: -1e-4...1e-4, using: &random) }
    var halves = [UInt16](repeating: 0, count: numbers.count)
    vk_narrow(vk_select(variant.name).variant, numbers, numbers.count, &halves)
    for (number, half) in zip(numbers, halves) {
      let bounded = number.isFinite ? min(max(number, -65_504), 65_504) : number
      #expect(half == Float16(bounded).bitPattern, "\(number)")
    }
  }

  /// Halves of every magnitude, subnormal and infinite ones as well, are what IEEE says.
  @Test func everyHalfIsRead() {
    let column = DenseColumn(dimension: 1, element: .float16)
    let values = (0...UInt16.max).filter { !Float16(bitPattern: $0).isNaN }
      .map { Float(Float16(bitPattern: $0)) }
    for variant in KernelVariant.allCases where variant.isSupported {
      for value in values {
        let row = [Float16(value).bitPattern]
        let one = [Float16(1).bitPattern]
        var score: [Float] = [0]
        row.withUnsafeBytes { row in
          one.withUnsafeBytes { one in
            score.withUnsafeMutableBufferPointer { score in
              guard let row = row.baseAddress, let one = one.baseAddress else { return }
              Kernels.score(
                .dot, .float16, dimension: 1, query: one, rows: row, into: score, using: variant)
            }
          }
        }
        #expect(score == [value])
      }
    }
    column.write([70_000], at: 0)
    column.write([1 / 3], at: 1)
    #expect(column.view().row(0) == [65_504])
    #expect(column.view().row(1) == [Float(Float16(1.0 / 3))])
  }
}
