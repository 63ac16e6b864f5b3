import SeededRandom
import Testing
import VectorIndex

@Suite struct VectorMathTests {
  @Test func normalizingGivesLengthOne() {
    var random = SeededGenerator(seed: 21)
    for dimension in [1, 2, 3, 5, 384, 1537] {
      for scale: Float in [1e-30, 1, 1e30] {
        var vector = random.vector(dimension).map { ($0 + 2) * scale }
        VectorMath.normalize(&vector)
        let squared = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(squared - 1) < 1e-6)
      }
    }
  }

  @Test func normalizingKeepsTheDirection() {
    var vector: [Float] = [3, 0, -4]
    VectorMath.normalize(&vector)
    #expect(vector == [0.6, 0, -0.8])
  }

  @Test func aZeroVectorStaysZero() {
    var zero = [Float](repeating: 0, count: 17)
    VectorMath.normalize(&zero)
    #expect(zero == [Float](repeating: 0, count: 17))
    var empty: [Float] = []
    VectorMath.normalize(&empty)
    #expect(empty.isEmpty)
  }

  @Test func normalizingTwiceChangesNothing() {
    var random = SeededGenerator(seed: 22)
    for _ in 0..<200 {
      var once = random.vector(97)
      VectorMath.normalize(&once)
      var twice = once
      VectorMath.normalize(&twice)
      #expect(once == twice)
    }
  }

  @Test func scoresAreHigherForNearer() {
    let a: [Float] = [1, 2]
    #expect(VectorMath.dot(a, [3, 4]) == 11)
    #expect(VectorMath.score(.dot, a, [3, 4]) == 11)
    #expect(VectorMath.score(.squaredEuclid, a, [3, 4]) == -8)
    #expect(VectorMath.score(.manhattan, a, [3, 4]) == -4)
    #expect(VectorMath.score(.squaredEuclid, a, a) == 0)
    #expect(a.withUnsafeBufferPointer { VectorMath.squaredLength($0) } == 5)
  }
}
