import Synchronization

/// Counts the vectors that live rows of a field have.
///
/// The writer counts, with the commits; any thread may look.
final class LiveVectors: Sendable {
  private let counter = Atomic(0)

  /// As of the latest commit, or the one that is about to be published.
  var count: Int { max(0, counter.load(ordering: .relaxed)) }

  /// A row that lives from now on has a vector.
  func placed() { placed(1) }

  /// So many rows that live have a vector.
  func placed(_ count: Int) { counter.add(count, ordering: .relaxed) }

  /// A row that had a vector dies.
  func died() { counter.subtract(1, ordering: .relaxed) }
}
