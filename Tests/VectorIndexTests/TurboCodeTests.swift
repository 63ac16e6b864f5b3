import CVectorKernels
import SeededRandom
import Testing
import VectorIndex

/// Codes of four bits.
@Suite struct TurboCodeTests {
  private static func cosine(_ a: [Float], _ b: [Float]) -> Float {
    VectorMath.score(.cosine, a, b)
  }

  @Test(arguments: [1, 2, 3, 63, 64, 96, 100, 384, 1000])
  func vectorsComeBackNearlyAsTheyWere(_ dimension: Int) {
    var random = SeededGenerator(seed: 171)
    let column = DenseColumn(dimension: dimension, element: .turbo4)
    #expect(column.rowBytes == ((dimension + 1) / 2 + 3) / 4 * 4 + 8)
    for (offset, size) in [Float(1), 1e-30, 1e30].enumerated() {
      let vector = random.vector(dimension).map { $0 * size }
      column.write(vector, at: UInt32(offset))
      let back = column.view().row(UInt32(offset)) ?? []
      #expect(back.count == dimension)
      let scaled = [vector, back].map { $0.map { $0 / size } }
      if dimension > 3 { #expect(Self.cosine(scaled[0], scaled[1]) > 0.98) }
      let lengths = scaled.map { VectorMath.dot($0, $0).squareRoot() }
      #expect(abs(lengths[1] / lengths[0] - 1) < (dimension > 60 ? 0.1 : 0.6))
    }
    column.write([Float](repeating: 0, count: dimension), at: 9)
    #expect(column.view().row(9) == [Float](repeating: 0, count: dimension))
  }

  /// Their lengths, and sums of them, are beyond what a number can be.
  @Test(arguments: [1, 2, 64]) func theGreatestNumbersStayFinite(_ dimension: Int) throws {
    let column = DenseColumn(dimension: dimension, element: .turbo4)
    let greatest = Float.greatestFiniteMagnitude
    column.write((0..<dimension).map { $0 == 1 ? -greatest : greatest }, at: 0)
    let row = try #require(column.view().row(0))
    #expect(row.allSatisfy(\.isFinite) && row[0] > 0)
    #expect(column.codec.encoded(row).withUnsafeBytes { column.codec.areFinite($0) })
  }

  /// Scores are those of the vectors that come back, as far as whole numbers go.
  @Test(arguments: Metric.allCases, [7, 64, 130, 384])
  func scoresAreThoseOfWhatComesBack(_ metric: Metric, _ dimension: Int) throws {
    var random = SeededGenerator(seed: 172)
    let column = DenseColumn(dimension: dimension, element: .turbo4)
    for offset in 0..<40 as Range<UInt32> {
      var vector = random.vector(dimension)
      if metric == .cosine { VectorMath.normalize(&vector) }
      column.write(vector, at: offset)
    }
    var query = random.vector(dimension)
    if metric == .cosine { VectorMath.normalize(&query) }
    let scorer = column.view().scorer(for: query, metric: metric)
    let found = scorer.scores(at: Array(0..<40))
    let length = VectorMath.dot(query, query).squareRoot()
    for (offset, score) in zip(0..<40 as Range<UInt32>, found) {
      let row = try #require(column.view().row(offset))
      let expected = VectorMath.score(metric == .cosine ? .dot : metric, query, row)
      let size = length * max(1, VectorMath.dot(row, row).squareRoot())
      // Lengths are corrected in scores, and centroids are whole numbers there.
      let share: Float = (dimension > 60 ? 0.03 : 0.1) * (metric == .squaredEuclid ? 8 : 1)
      let allowed = metric == .manhattan ? 1e-4 * abs(expected) : share * size
      #expect(abs((score ?? .nan) - expected) < allowed, "\(metric) \(dimension)")
    }
    var side = [Float](repeating: .nan, count: 40)
    let isThere = side.withUnsafeMutableBufferPointer { scorer.score(0..<40, into: $0) }
    #expect(isThere && side == found.map { $0 ?? .nan })
  }

  @Test func kernelSetsGiveTheSameBits() {
    var random = SeededGenerator(seed: 173)
    for codeBytes in [4, 8, 16, 20, 64, 200, 8200] {
      let blocks = (codeBytes + 15) / 16
      let query = (0..<blocks * 32).map { place in
        // Zeros past the last code.
        place / 32 * 16 + place % 16 < codeBytes
          ? Int16.random(in: -8127...8127, using: &random) : 0
      }
      let rows = (0..<3 * codeBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
      let sums = KernelVariant.allCases.filter(\.isSupported).map { variant in
        var sums: [Float] = [0, 0, 0]
        vk_turbo_sums(
          vk_select(variant.name).variant, query, codeBytes, rows, codeBytes, 3, &sums)
        return sums
      }
      #expect(sums.allSatisfy { $0 == sums[0] })
    }
  }

  @Test(arguments: [Metric.dot, .squaredEuclid, .manhattan])
  func multivectorsOfCodesAreScored(_ metric: Metric) throws {
    var random = SeededGenerator(seed: 174)
    let column = MultiColumn(dimension: 48, element: .turbo4)
    let vectors = random.vector(48 * 90)
    column.write(vectors, at: 3)
    let query = random.vector(48 * 6)
    let found = try #require(
      column.view().scorer(for: query, metric: metric).scores(at: [3])[0])
    let single = DenseColumn(dimension: 48, element: .turbo4)
    for number in 0..<90 {
      single.write(Array(vectors[48 * number..<48 * (number + 1)]), at: UInt32(number))
    }
    var sum: Float = 0
    for number in 0..<6 {
      let scorer = single.view().scorer(
        for: Array(query[48 * number..<48 * (number + 1)]), metric: metric)
      sum += scorer.scores(at: Array(0..<90)).reduce(-.infinity) { max($0, $1 ?? $0) }
    }
    #expect(found == sum)
  }
}
