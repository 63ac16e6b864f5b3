import Synchronization

/// Tells work in the background that somebody reads.
///
/// Any thread may note reads; one asks.
final class ReadActivity: Sendable {
  private let begun = Atomic<UInt64>(0)
  private let seen = Atomic<UInt64>(0)

  /// Notes that a read begins. Costs one atomic addition.
  func noteBegin() { begun.add(1, ordering: .relaxed) }

  /// Whether a read has begun since this was asked last.
  func hasBegun() -> Bool {
    let now = begun.load(ordering: .relaxed)
    return seen.exchange(now, ordering: .relaxed) != now
  }
}
