import CVectorKernels
import RowSets
import SeededRandom
import Testing
import VectorIndex

/// Kernels of codes against plain Swift, and every variant against the scalar one.
@Suite struct CodeKernelTests {
  private static let variants = [VK_SCALAR, VK_AVX2, VK_AVX512, VK_NEON].filter {
    vk_is_supported($0)
  }
  private static let dimensions = Array(1...300) + [384, 512, 768, 960, 1024, 1536, 3072]

  /// A few blocks of entries around one centroid, all in code dimensions.
  private final class Blocks {
    let dimension: Int
    let count: Int
    let bytes: UnsafeMutablePointer<UInt8>
    var rows: [[Float]] = []
    let centroid: [Float]

    init(
      rotation: Rotation, dimension: Int, count: Int, metric: vk_metric,
      random: inout SeededGenerator
    ) {
      self.dimension = rotation.codeDimension
      self.count = count
      let byteCount = count * vk_block_bytes(rotation.codeDimension)
      bytes = .allocate(capacity: byteCount + 64)
      centroid = random.vector(dimension)
      let center = rotation.applied(to: centroid)
      for block in 0..<count {
        let start = bytes + block * vk_block_bytes(self.dimension)
        vk_clear_block(start, self.dimension)
        // The last entry of every block stays empty.
        for entry in 0..<15 {
          let row = zip(centroid, random.vector(dimension)).map { $0 + 0.5 * $1 }
          rows.append(row)
          vk_encode(metric, rotation.applied(to: row), center, self.dimension, start, entry)
        }
      }
    }

    deinit { bytes.deallocate() }
  }

  private struct Query {
    var table: [UInt8]
    var scale: vk_table_scale

    init(_ rotated: [Float]) {
      table = [UInt8](repeating: 0, count: 4 * rotated.count)
      scale = vk_build_table(rotated, rotated.count, &table)
    }
  }

  @Test func everyVariantEqualsTheReferenceBitForBit() {
    var random = SeededGenerator(seed: 41)
    for dimension in Self.dimensions {
      let rotation = Rotation(dimension: dimension, seed: UInt64(dimension))
      let metric = dimension.isMultiple(of: 2) ? VK_DOT : VK_SQUARED_L2
      let blocks = Blocks(
        rotation: rotation, dimension: dimension, count: 3, metric: metric, random: &random)
      var query = Query(rotation.applied(to: random.vector(dimension)))
      let expected = scan(blocks, &query, VK_SCALAR, threshold: 1e29)
      #expect(expected.position.count == 45, "every entry but the empty ones, d = \(dimension)")
      let threshold = expected.lower.sorted()[20]
      let some = scan(blocks, &query, VK_SCALAR, threshold: threshold)
      #expect(some.position.count == 20)
      for variant in Self.variants {
        #expect(scan(blocks, &query, variant, threshold: 1e29) == expected)
        #expect(scan(blocks, &query, variant, threshold: threshold) == some)
        #expect(
          estimates(blocks, &query, variant) == estimates(blocks, &query, VK_SCALAR),
          "variant \(variant), d = \(dimension)")
      }
    }
  }

  /// Of the entries that a scan lets through, one for some rows lets those of these rows through,
  /// and it counts all of them.
  @Test func scansForSomeRowsLetThemThroughOnly() {
    var random = SeededGenerator(seed: 44)
    for (dimension, rowCount) in [(64, 33), (100, 64), (384, 1_000)] {
      let rotation = Rotation(dimension: dimension, seed: UInt64(dimension))
      let blocks = Blocks(
        rotation: rotation, dimension: dimension, count: 9, metric: VK_DOT, random: &random)
      var query = Query(rotation.applied(to: random.vector(dimension)))
      for share in [0, 0.02, 0.5, 1] {
        let held = (0..<rowCount).filter { _ in Double.random(in: 0..<1, using: &random) < share }
        let mask = RowSet(held.map { UInt32($0) }).mask(below: UInt32(rowCount)).asBits
        // Some rows are beyond those that the bits tell of, and the last entries have none.
        let rows = (0..<9 * 16).map { place in
          place % 16 == 15 ? .max : UInt32.random(in: 0..<UInt32(rowCount) + 8, using: &random)
        }
        let all = scan(blocks, &query, VK_SCALAR, threshold: 1e29)
        let threshold = all.lower.sorted()[80]
        let some = scan(blocks, &query, VK_SCALAR, threshold: threshold)
        let kept = some.position.indices.filter { mask.contains(rows[Int(some.position[$0])]) }
        let expected = Survivors(
          position: kept.map { some.position[$0] }, estimate: kept.map { some.estimate[$0] },
          lower: kept.map { some.lower[$0] })
        for variant in Self.variants {
          var count = 5
          let found = scan(
            blocks, &query, variant, threshold: threshold, rows: rows, among: mask, &count)
          #expect(found == expected, "variant \(variant), d = \(dimension), \(share)")
          #expect(count == 5 + rows.count { mask.contains($0) })
        }
      }
    }
  }

  private func scan(
    _ blocks: Blocks, _ query: inout Query, _ variant: vk_variant, threshold: Float,
    rows: [UInt32], among mask: RowMask, _ count: inout Int
  ) -> Survivors {
    let room = (blocks.count + 1) * 16
    var position = [UInt32](repeating: 0, count: room)
    var estimate = [Float](repeating: 0, count: room)
    var lower = [Float](repeating: 0, count: room)
    let found = query.table.withUnsafeBufferPointer { table in
      rows.withUnsafeBufferPointer { rows in
        mask.withBits { words in
          guard let table = table.baseAddress else { return 0 }
          var scan = vk_code_scan(
            table: table, dimension: blocks.dimension, scale: query.scale, offset: 0.25,
            reach: 0.5, threshold: threshold, rows: rows.baseAddress)
          var bits = vk_row_bits(words: words, row_count: mask.rowCount)
          return vk_scan_allowed_codes(
            variant, blocks.bytes, blocks.count, &scan, &bits, &position, &estimate, &lower,
            &count)
        } ?? 0
      }
    }
    return Survivors(
      position: Array(position.prefix(found)), estimate: Array(estimate.prefix(found)),
      lower: Array(lower.prefix(found)))
  }

  private struct Survivors: Equatable {
    var position: [UInt32]
    var estimate: [Float]
    var lower: [Float]
  }

  private func scan(
    _ blocks: Blocks, _ query: inout Query, _ variant: vk_variant, threshold: Float
  ) -> Survivors {
    let room = (blocks.count + 1) * 16
    var position = [UInt32](repeating: 0, count: room)
    var estimate = [Float](repeating: 0, count: room)
    var lower = [Float](repeating: 0, count: room)
    let found = query.table.withUnsafeBufferPointer { table in
      guard let table = table.baseAddress else { return 0 }
      var scan = vk_code_scan(
        table: table, dimension: blocks.dimension, scale: query.scale, offset: 0.25, reach: 0.5,
        threshold: threshold, rows: nil)
      return vk_scan_codes(
        variant, blocks.bytes, blocks.count, &scan, &position, &estimate, &lower)
    }
    return Survivors(
      position: Array(position.prefix(found)), estimate: Array(estimate.prefix(found)),
      lower: Array(lower.prefix(found)))
  }

  private func estimates(
    _ blocks: Blocks, _ query: inout Query, _ variant: vk_variant
  ) -> [Float] {
    var estimate = [Float](repeating: 0, count: blocks.count * 16)
    query.table.withUnsafeBufferPointer { table in
      guard let table = table.baseAddress else { return }
      var scan = vk_code_scan(
        table: table, dimension: blocks.dimension, scale: query.scale, offset: 0.25, reach: 0,
        threshold: 0, rows: nil)
      vk_estimate_codes(variant, blocks.bytes, blocks.count, &scan, &estimate)
    }
    return estimate
  }

  @Test func tableSumsAreWithinHalfAStepAGroup() {
    var random = SeededGenerator(seed: 42)
    for dimension in [64, 96, 384, 1536] {
      let rotated = random.vector(dimension)
      let query = Query(rotated)
      let code = (0..<dimension).map { _ in Bool.random(using: &random) }
      var sum: Int32 = 0
      for group in 0..<dimension / 4 {
        let bits = (0..<4).reduce(0) { $0 | (code[4 * group + $1] ? 1 << $1 : 0) }
        sum += Int32(query.table[16 * group + bits])
      }
      let estimate = Double(query.scale.delta) * Double(sum) + Double(query.scale.shift)
      var exact = 0.0
      for (bit, value) in zip(code, rotated) { exact += (bit ? 0.5 : -0.5) * Double(value) }
      let bound = Double(query.scale.delta) * Double(dimension / 4) * 0.51
      #expect(abs(estimate - exact) <= bound, "d = \(dimension)")
    }
  }

  /// The estimator is unbiased, and its error is that of a normal distribution with the deviation
  /// that the bounds assume: about 9.7 % lie 1.3 deviations below, and 2.9 % 1.9 deviations.
  @Test(arguments: [VK_SQUARED_L2, VK_DOT], [64, 100, 384, 768])
  func estimatesAreUnbiasedAndCovered(metric: vk_metric, dimension: Int) {
    var random = SeededGenerator(seed: 43)
    var errors: [Double] = []
    for round in 0..<40 {
      let rotation = Rotation(dimension: dimension, seed: UInt64(round))
      let blocks = Blocks(
        rotation: rotation, dimension: dimension, count: 4, metric: metric, random: &random)
      let vector = random.vector(dimension)
      var query = Query(rotation.applied(to: vector))
      let all = estimates(blocks, &query, VK_SCALAR)
      let distance = sum(vector, blocks.centroid) { ($0 - $1) * ($0 - $1) }
      let offset =
        metric == VK_DOT ? -sum(vector, blocks.centroid) { $0 * $1 } : distance
      for (number, row) in blocks.rows.enumerated() {
        let place = number / 15 * 16 + number % 15
        let exact =
          metric == VK_DOT
          ? -sum(vector, row) { $0 * $1 } : sum(vector, row) { ($0 - $1) * ($0 - $1) }
        let terms = UnsafeRawPointer(
          blocks.bytes + number / 15 * vk_block_bytes(blocks.dimension) + 2 * blocks.dimension)
        let b = terms.loadUnaligned(fromByteOffset: 4 * (16 + number % 15), as: Float.self)
        let deviation = 0.302 * abs(Double(b)) * distance.squareRoot()
        // 0.25 is what `estimates` was told for the centroid's share.
        errors.append((Double(all[place]) - 0.25 + offset - exact) / deviation)
      }
    }
    let count = Double(errors.count)
    let mean = errors.reduce(0, +) / count
    let deviation = (errors.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    let beyondNarrow = Double(errors.count { $0 > 1.3 }) / count
    let beyondWide = Double(errors.count { $0 > 1.9 }) / count
    #expect(abs(mean) < 0.15, "mean error of \(mean) deviations")
    #expect(0.7 < deviation && deviation < 1.3, "deviation \(deviation)")
    #expect(beyondNarrow < 0.15, "\(beyondNarrow) of the rows lie below their lower bound")
    #expect(beyondWide < 0.07, "\(beyondWide) of the rows are off by 1.9 deviations")
  }

  private func sum(_ a: [Float], _ b: [Float], _ term: (Double, Double) -> Double) -> Double {
    zip(a, b).reduce(0) { $0 + term(Double($1.0), Double($1.1)) }
  }

  @Test func rotationsKeepInnerProducts() {
    var random = SeededGenerator(seed: 44)
    for dimension in Self.dimensions + [65_536] {
      let rotation = Rotation(dimension: dimension, seed: 7)
      #expect(rotation.codeDimension >= max(64, dimension))
      #expect(rotation.codeDimension.isMultiple(of: 32))
      let a = random.vector(dimension)
      let b = random.vector(dimension)
      let (p, q) = (rotation.applied(to: a), rotation.applied(to: b))
      let scale = (sum(a, a, *) * sum(b, b, *)).squareRoot()
      #expect(abs(sum(a, b, *) - sum(p, q, *)) <= 1e-5 * scale, "d = \(dimension)")
      #expect(abs(sum(a, a, *) - sum(p, p, *)) <= 1e-5 * sum(a, a, *), "d = \(dimension)")
    }
  }

  @Test func aRotationSpreadsWhatIsInOneDimension() {
    var axis = [Float](repeating: 0, count: 384)
    axis[17] = 1
    let rotated = Rotation(dimension: 384, seed: 3).applied(to: axis)
    #expect(rotated.allSatisfy { abs($0) < 0.4 })
    #expect(rotated.count { abs($0) > 0.01 } > 200)
  }
}
