import CVectorKernels
import SeededRandom
import Testing
import VectorIndex

@Suite struct KeyKernelTests {
  private static let codes: [vk_variant] = [VK_SCALAR, VK_AVX2, VK_AVX512, VK_NEON].filter {
    vk_is_supported($0)
  }

  @Test(arguments: 0..<codes.count)
  func sortsAsTheLibraryDoes(_ number: Int) {
    var random = SeededGenerator(seed: 3)
    for count in 0...Int(VK_RANKED_MAX) {
      // Few different values, so that many keys are equal, and values that differ in all bits.
      for range: UInt64 in [7, UInt64(count + 1), UInt64.max - 1] {
        var keys = (0..<count).map { _ in UInt64.random(in: 0...range, using: &random) }
        let expected = keys.sorted()
        keys.withUnsafeMutableBufferPointer { keys in
          guard let first = keys.baseAddress else { return }
          vk_rank_keys(Self.codes[number], first, count)
        }
        #expect(keys == expected)
      }
    }
  }
}
