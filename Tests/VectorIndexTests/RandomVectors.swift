import SeededRandom

extension SeededGenerator {
  mutating func vector(_ dimension: Int) -> [Float] {
    (0..<dimension).map { _ in Float.random(in: -1...1, using: &self) }
  }

  /// Few different values, so that scores tie often and are exact in every evaluation order.
  mutating func coarseVector(_ dimension: Int) -> [Float] {
    (0..<dimension).map { _ in Float(Int.random(in: -2...2, using: &self)) }
  }
}
