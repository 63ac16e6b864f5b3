import Foundation
import SeededRandom
import SentenceEmbedding
import Testing

@Suite struct EmbeddingKernelsTests {
  @Test func `gelu keeps its error bound`() {
    let values = stride(from: Float(-12), through: 12, by: 1 / 512).map { $0 }
    for (value, found) in zip(values, EmbeddingKernels.gelu(values)) {
      let x = Double(value)
      let expected = 0.5 * x * (1 + erf(x / 2.squareRoot()))
      #expect(abs(Double(found) - expected) < 1e-6 * max(1, abs(x)), "x = \(value)")
    }
  }

  @Test(arguments: [1, 2, 7, 16, 33, 256]) func `softmax is right`(count: Int) {
    let seed: UInt64 = 5
    print("softmax seed: \(seed)")
    var generator = SeededGenerator(seed: seed)
    let values = (0..<count).map { _ in Float.random(in: -300...300, using: &generator) }
    let scale: Float = 0.1767767
    let largest = Double(values.max() ?? 0)
    let powers = values.map { exp((Double($0) - largest) * Double(scale)) }
    let sum = powers.reduce(0, +)
    let found = EmbeddingKernels.softmax(values, scale: scale)
    for (power, value) in zip(powers, found) {
      #expect(abs(power / sum - Double(value)) < 1e-6)
    }
    #expect(abs(found.reduce(0, +) - 1) < 1e-5)
  }
}
