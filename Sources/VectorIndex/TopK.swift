/// The best `capacity` neighbours of those offered so far.
///
/// A bounded heap: an offer that does not make it costs one comparison, one that does O(log k).
/// The outcome depends on what was offered, never on the order: equal scores keep the lower offset.
public struct TopK: Sendable {
  /// How many neighbours are kept at most.
  public let capacity: Int
  private var heap = NeighborHeap(root: .worst)

  /// Keeps the best `capacity` neighbours; 0 keeps none.
  public init(capacity: Int) {
    precondition(capacity >= 0, "a negative number of neighbours was asked for")
    self.capacity = capacity
    // The caller's limit may be far larger than the collection.
    heap.reserveCapacity(min(capacity, 256))
  }

  /// How many neighbours are held now.
  public var count: Int { heap.count }

  /// A score below this can't enter any more. An equal one can, if its offset is lower than that
  /// of the worst neighbour held. `-infinity` until `capacity` neighbours are held.
  public var threshold: Float {
    guard heap.count == capacity else { return -.infinity }
    return heap.first?.score ?? .infinity
  }

  /// Takes the neighbour if it is among the best `capacity` so far.
  public mutating func offer(offset: UInt32, score: Float) {
    let candidate = Neighbor(offset: offset, score: score)
    if heap.count < capacity {
      heap.insert(candidate)
    } else if let worst = heap.first, candidate.ranks(before: worst) {
      heap.replaceFirst(with: candidate)
    }
  }

  /// What is held, best first.
  public func sorted() -> [Neighbor] {
    heap.elements.sorted { $0.ranks(before: $1) }
  }

  /// What each of many holds, best first.
  ///
  /// - Parameter shouldStop: polled before each is sorted.
  static func sorted(
    _ all: some Sequence<TopK>, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    var sorted: [[Neighbor]] = []
    for one in all {
      if shouldStop() { throw SearchInterrupted() }
      sorted.append(one.sorted())
    }
    return sorted
  }
}
