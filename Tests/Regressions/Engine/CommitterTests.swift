import DatabaseFixture
import PointModel
import Synchronization
import Testing
import VectorDB

/// The thread that commits for all collections does nothing but write: texts are taken apart, and
/// records made, before.
@Suite struct CommitterTests {
  private final class Work: Sendable {
    let isDone = Atomic<Bool>(false)
  }

  @Test func anotherCollectionDoesNotWaitForTexts() async throws {
    try await withDatabase { fixture in
      let texts = try await fixture.create("texts", size: 1)
      _ = try await fixture.database.createPayloadIndex(
        of: "texts", at: PayloadPath(steps: [.key("t")]), PayloadFieldSchema(type: .text))
      let small = try await fixture.create("small", size: 1)
      let words = (0..<4000).map { "word\($0)" }.joined(separator: " ")
      let points = (0..<200).map { point($0, [1], #"{"t":"\#(words) \#($0)"}"#) }
      // Other work of the machine holds up one attempt, not each.
      var attempts: [String] = []
      while attempts.count < 5 {
        let (longest, all) = try await Self.longestWrite(to: small) {
          _ = try await texts.apply([.upsert(points)])
        }
        // One write would have waited for nearly all of it.
        if longest < all / 2 { return }
        attempts.append("\(longest) of \(all)")
      }
      Issue.record("\(attempts)")
    }
  }

  /// The longest time that a write of one point took while `work` went on, and that of `work`.
  private static func longestWrite(
    to collection: PointCollection, while work: @escaping @Sendable () async throws -> Void
  ) async throws -> (longest: Duration, all: Duration) {
    let clock = ContinuousClock()
    let progress = Work()
    var longest = Duration.zero
    var count: UInt64 = 0
    let begun = clock.now
    async let ending: Void = {
      defer { progress.isDone.store(true, ordering: .releasing) }
      try await work()
    }()
    while !progress.isDone.load(ordering: .acquiring) {
      let start = clock.now
      _ = try await collection.apply([.upsert([point(count, [1])])])
      longest = max(longest, clock.now - start)
      count += 1
    }
    try await ending
    return (longest, clock.now - begun)
  }
}
