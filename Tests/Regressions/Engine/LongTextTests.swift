import DatabaseFixture
import PointModel
import Synchronization
import Testing
import VectorDB

/// One point's long text holds nobody else up while it is taken apart for a text index or a
/// condition, nor the end of the database.
@Suite struct LongTextTests {
  private static let options = DatabaseOptions(
    searchThreads: 1, limits: Limits(briefSearchBytesMax: 0))
  private static let key = PayloadPath(steps: [.key("t")])

  /// A text that takes seconds.
  private static var long: String {
    "{\"t\":\"\((0..<3_000_000).map { "w\($0)" }.joined(separator: " "))\"}"
  }

  private final class End: Sendable {
    let isReached = Atomic(false)
  }

  /// Whether `other` is over before `work`, which takes seconds and is given up then.
  private static func isOvertaken(
    _ work: @escaping @Sendable () async throws -> Void, by other: () async throws -> Void
  ) async throws -> Bool {
    let end = End()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { end.isReached.store(true, ordering: .releasing) }
        try? await work()
      }
      for _ in 0..<4 { try await other() }
      let isFirst = !end.isReached.load(ordering: .acquiring)
      group.cancelAll()
      return isFirst
    }
  }

  @Test func aWriteOfAnotherCollectionIsMadeWhileATextIsIndexed() async throws {
    let point = point(1, [1, 2, 3, 4], Self.long)
    try await withDatabase(options: Self.options) { fixture in
      let things = try await fixture.create()
      _ = try await fixture.database.createPayloadIndex(
        of: things.name, at: Self.key, PayloadFieldSchema(type: .text))
      try await things.awaitPayloadIndex(at: Self.key)
      let others = try await fixture.create("others")
      let isOvertaken = try await Self.isOvertaken {
        _ = try await things.apply([.upsert([point])])
      } by: {
        _ = try await others.apply([.upsert([DatabaseFixture.point(1, [1, 2, 3, 4])])])
      }
      #expect(isOvertaken)
      // Nobody waited for it any more.
      #expect(try await things.count(nil) == 0)
    }
  }

  @Test func anotherReadIsAnsweredWhileAConditionLooksAtAText() async throws {
    let point = point(1, [1, 2, 3, 4], Self.long)
    try await withDatabase(options: Self.options) { fixture in
      let things = try await fixture.create()
      _ = try await things.apply([.upsert([point])])
      let others = try await fixture.create("others")
      _ = try await others.apply([
        .upsert([DatabaseFixture.point(1, [1, 2, 3, 4], "{\"n\":1}")])
      ])
      let simple = Filter(must: [
        .range(key: PayloadPath(steps: [.key("n")]), Bounds(greaterThanOrEqual: 0))
      ])
      let isOvertaken = try await Self.isOvertaken {
        _ = try await things.count(Filter(must: [.match(key: Self.key, .text("none"))]))
      } by: {
        let count = try await others.count(simple)
        #expect(count == 1)
      }
      #expect(isOvertaken)
    }
  }

  @Test func anEndDoesNotWaitForAText() async throws {
    try await withDatabase(options: Self.options) { fixture in
      let things = try await fixture.create()
      _ = try await fixture.database.createPayloadIndex(
        of: things.name, at: Self.key, PayloadFieldSchema(type: .text))
      try await things.awaitPayloadIndex(at: Self.key)
      let point = point(1, [1, 2, 3, 4], Self.long)
      let write = Task { try await things.apply([.upsert([point])]) }
      while things.info().updateQueueLength == 0 { await Task.yield() }
      fixture.database.stopLongWork()
      await #expect(throws: CollectionError.shuttingDown) { _ = try await write.value }
      #expect(things.pointsCount == 0)
    }
  }

  /// Phrases are found wherever they stand, also where their beginning comes twice.
  @Test(arguments: [
    ("a b a b c", "a b c", true), ("a a b", "a b", true), ("a b x a c", "a b c", false),
    ("a b a c a b a b d", "a b a b d", true), ("a b", "a b c", false), ("x a b c", "a b c", true),
  ])
  func phrasesAreFound(text: String, phrase: String, isFound: Bool) async throws {
    try await withDatabase { fixture in
      let things = try await fixture.create()
      _ = try await things.apply([.upsert([point(1, [1, 2, 3, 4], "{\"t\":\"\(text)\"}")])])
      let count = try await things.count(
        Filter(must: [.match(key: Self.key, .phrase(phrase))]))
      #expect(count == (isFound ? 1 : 0))
    }
  }
}
