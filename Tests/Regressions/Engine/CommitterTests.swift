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
      let clock = ContinuousClock()
      let work = Work()
      var longest = Duration.zero
      var count: UInt64 = 0
      let begun = clock.now
      async let large: Void = {
        _ = try await texts.apply([.upsert(points)])
        work.isDone.store(true, ordering: .releasing)
      }()
      while !work.isDone.load(ordering: .acquiring) {
        let start = clock.now
        _ = try await small.apply([.upsert([point(count, [1])])])
        longest = max(longest, clock.now - start)
        count += 1
      }
      try await large
      // One write would have waited for nearly all of it.
      #expect(longest < (clock.now - begun) / 2, "\(count) writes")
    }
  }
}
