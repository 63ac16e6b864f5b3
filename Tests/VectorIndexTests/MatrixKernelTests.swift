import CVectorKernels
import SeededRandom
import Testing

/// Products with panels and selection, against plain Swift.
@Suite struct MatrixKernelTests {
  private static let variants = [VK_SCALAR, VK_AVX2, VK_AVX512, VK_NEON].filter {
    vk_is_supported($0)
  }

  @Test func productsAreThoseOfPlainLoops() {
    var random = SeededGenerator(seed: 51)
    for (dimension, centroids, rows) in [
      (1, 1, 1), (3, 17, 5), (31, 33, 13), (50, 64, 12), (100, 100, 25), (384, 130, 49),
      (1536, 40, 3),
    ] {
      let matrix = (0..<centroids).map { _ in random.vector(dimension) }
      let vectors = (0..<rows).map { _ in random.vector(dimension) }
      let width = vk_panels(centroids) * 16
      var packed = [Float](repeating: .nan, count: width * dimension)
      vk_pack(matrix.flatMap { $0 }, centroids, dimension, &packed)
      let bias = (0..<width).map { _ in Float.random(in: -1...1, using: &random) }
      let flat = vectors.flatMap { $0 }
      for variant in Self.variants {
        var out = [Float](repeating: .nan, count: rows * width)
        flat.withUnsafeBufferPointer { flat in
          guard let first = flat.baseAddress else { return }
          let addresses = (0..<rows).map { first + $0 * dimension }
          addresses.withUnsafeBufferPointer { addresses in
            guard let addresses = addresses.baseAddress else { return }
            vk_biased_products(
              variant, addresses, rows, dimension, packed, vk_panels(centroids), bias, &out,
              width)
          }
        }
        for row in 0..<rows {
          for column in 0..<width {
            var exact = Double(bias[column])
            var magnitude = 1.0
            if column < centroids {
              for (a, b) in zip(vectors[row], matrix[column]) {
                exact -= Double(a) * Double(b)
                magnitude += abs(Double(a) * Double(b))
              }
            }
            let error = abs(Double(out[row * width + column]) - exact)
            #expect(error <= 2e-6 * magnitude, "d = \(dimension), variant \(variant)")
          }
        }
      }
    }
  }

  @Test func theSmallestIsTheFirstOfEqualOnes() {
    var random = SeededGenerator(seed: 52)
    for count in [16, 32, 160, 1280] {
      for _ in 0..<20 {
        let values = (0..<count).map { _ in Float(Int.random(in: 0..<50, using: &random)) }
        let least = values.min()
        let expected = values.firstIndex { $0 == least }
        for variant in Self.variants {
          #expect(vk_smallest(variant, values, count) == expected)
        }
      }
    }
  }

  @Test func selectionTakesTheSmallest() {
    var random = SeededGenerator(seed: 53)
    for count in [16, 48, 1280] {
      for ties in [false, true] {
        for wanted in [1, 5, 13, 16] {
          // A padding value at the end stands for none.
          let values = (0..<count).map { index -> Float in
            if index == count - 1, count > 16 { return 1e30 }
            return ties
              ? Float(Int.random(in: 0..<4, using: &random))
              : Float.random(in: -5...5, using: &random)
          }
          let slack = 6
          let limit = values.sorted()[wanted - 1]
          for variant in Self.variants {
            var positions = [UInt32](repeating: .max, count: wanted + slack)
            let found = vk_select_smallest(variant, values, count, wanted, slack, &positions)
            let taken = positions.prefix(found).map(Int.init)
            #expect(found >= wanted && found <= wanted + slack)
            #expect(taken == taken.sorted() && Set(taken).count == taken.count)
            #expect(values.indices.filter { values[$0] < limit }.allSatisfy(taken.contains))
            #expect(taken.count { values[$0] <= limit } >= wanted)
          }
        }
      }
    }
  }

  @Test func valuesUpToALimitArePicked() {
    var random = SeededGenerator(seed: 74)
    for count in [16, 64, 1008] {
      let values = (0..<count).map { _ in Float(Int.random(in: -20...20, using: &random)) }
      for limit: Float in [-21, -20, 0, 3.5, 20] {
        let expected = values.indices.filter { values[$0] <= limit }.map { UInt32($0) }
        for variant in Self.variants {
          // Nothing may be written beyond what is found.
          var positions = [UInt32](repeating: .max, count: expected.count + 1)
          let found = vk_select_up_to(variant, values, count, limit, &positions)
          #expect(positions.prefix(found) == expected[...])
          #expect(positions.last == .max)
        }
      }
    }
  }
}
