import RowSets
import VectorIndex

/// Draws points at random, each at most once and all with the same probability.
struct RandomSample {
  let transaction: ReadTransaction

  /// The offsets of `count` points, or of all if they are fewer, in random order; of those among
  /// `allowed`, if it is given.
  ///
  /// Follows Vitter, "Random Sampling with a Reservoir" (1985), algorithm R.
  func offsets(_ count: Int, among allowed: RowMask?) throws(CollectionError) -> [UInt32] {
    var reservoir: [UInt32] = []
    var seen = 0
    let take = { (offset: UInt32) throws(CollectionError) in
      seen += 1
      if reservoir.count < count {
        reservoir.append(offset)
      } else {
        let place = Int.random(in: 0..<seen)
        if place < count { reservoir[place] = offset }
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
}
