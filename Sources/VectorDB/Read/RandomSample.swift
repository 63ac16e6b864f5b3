import Glibc
import RowSets
import VectorIndex

/// Draws points at random, each at most once and all with the same probability.
struct RandomSample {
  let transaction: ReadTransaction

  /// The offsets of `count` points, or of all if they are fewer, in random order; of those among
  /// `allowed`, if it is given.
  ///
  /// Follows Li, "Reservoir-Sampling Algorithms of Time Complexity O(n(1 + log(N/n)))" (1994),
  /// algorithm L: of points that are passed over, chance is not asked one by one.
  func offsets(_ count: Int, among allowed: RowMask?) throws(CollectionError) -> [UInt32] {
    var reservoir: [UInt32] = []
    var steps = Steps(count)
    var left = 0
    let take = { (offset: UInt32) throws(CollectionError) in
      if reservoir.count < count {
        reservoir.append(offset)
        if reservoir.count == count { left = steps.next() }
      } else if left > 0 {
        left -= 1
      } else {
        reservoir[Int.random(in: 0..<count)] = offset
        left = steps.next()
      }
      return true
    }
    if count > 0 {
      if let allowed {
        try transaction.forEachVisible(among: allowed, take)
      } else {
        try transaction.forEachVisible(take)
      }
    }
    return reservoir.shuffled()
  }

  /// How many points are passed over between those that take a place in a full reservoir.
  private struct Steps {
    private let count: Double
    /// The largest of the numbers that those in the reservoir would have drawn, each of its own.
    private var largest = 1.0
    private static let longest = 1e15

    init(_ count: Int) { self.count = Double(count) }

    mutating func next() -> Int {
      largest *= exp(log(Self.chance()) / count)
      let step = log(Self.chance()) / log1p(-largest)
      // Not a number where the largest is zero or one.
      return step < Self.longest ? Int(step) : largest < 0.5 ? Int(Self.longest) : 0
    }

    /// More than 0, at most 1.
    private static func chance() -> Double { 1 - Double.random(in: 0..<1) }
  }
}
