import DatabaseFixture
import PointModel
import Synchronization
import Testing
import VectorDB

/// Filters that take long over each point hold nobody else up: neither other reads nor the writes
/// of other collections, also where one thread is there for all of them.
@Suite struct LongFilterTests {
  private static let options = DatabaseOptions(
    searchThreads: 1, limits: Limits(briefSearchBytesMax: 0))

  /// Minutes of work over ``filled(_:)``'s point.
  private static let long = Filter(
    should: (0..<10_000).map { .match(key: PayloadPath(steps: [.key("t")]), .text("none\($0)")) })

  /// A collection with one point, whose text is long.
  private static func filled(_ fixture: TemporaryDatabase) async throws -> PointCollection {
    let things = try await fixture.create()
    let text = String(repeating: "word ", count: 40_000)
    _ = try await things.apply([.upsert([point(1, [1, 2, 3, 4], "{\"t\":\"\(text)\"}")])])
    return things
  }

  private final class End: Sendable {
    let isReached = Atomic(false)
  }

  /// Runs `work`, which takes minutes, and `other` meanwhile; whether `other` was over first.
  private static func isOvertaken(
    _ work: @escaping @Sendable () async throws -> Void, by other: () async throws -> Void
  ) async throws -> Bool {
    let end = End()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { end.isReached.store(true, ordering: .releasing) }
        try? await work()
      }
      // The work has its thread by then, or gets it before what comes now.
      for _ in 0..<4 { try await other() }
      let isFirst = !end.isReached.load(ordering: .acquiring)
      group.cancelAll()
      return isFirst
    }
  }

  @Test func anotherReadIsAnsweredMeanwhile() async throws {
    try await withDatabase(options: Self.options) { fixture in
      let things = try await Self.filled(fixture)
      let others = try await fixture.create("others")
      _ = try await others.apply([.upsert([point(1, [1, 2, 3, 4], "{\"n\":1}")])])
      let simple = Filter(must: [
        .range(key: PayloadPath(steps: [.key("n")]), Bounds(greaterThanOrEqual: 0))
      ])
      let isOvertaken = try await Self.isOvertaken {
        _ = try await things.count(Self.long)
      } by: {
        let count = try await others.count(simple)
        #expect(count == 1)
      }
      #expect(isOvertaken)
    }
  }

  @Test func aWriteOfAnotherCollectionIsMadeMeanwhile() async throws {
    try await withDatabase(options: Self.options) { fixture in
      let things = try await Self.filled(fixture)
      let others = try await fixture.create("others")
      let isOvertaken = try await Self.isOvertaken {
        _ = try await things.apply([.delete(.filter(Self.long))])
      } by: {
        _ = try await others.apply([.upsert([point(1, [1, 2, 3, 4])])])
      }
      #expect(isOvertaken)
      #expect(try await things.count(nil) == 1)
    }
  }

  /// Many paths that an answer is cut down to mean what few of them do.
  @Test func manyPathsSelectAsFew() async throws {
    try await withDatabase { fixture in
      let things = try await fixture.create()
      let json = #"{"a":{"b":[{"c":1,"d":2},3],"e":4},"f":[[5]],"g":6,"h":{}}"#
      _ = try await things.apply([.upsert([point(1, [1, 2, 3, 4], json)])])
      let none = (0..<40).map { PayloadPath(steps: [.key("x\($0)"), .key("a")]) }
      let asked: [[PayloadPath.Step]] = [
        [.key("a")], [.key("a"), .key("b")], [.key("a"), .key("b"), .everyElement],
        [.key("a"), .key("b"), .everyElement, .key("c")], [.key("a"), .key("b"), .index(0)],
        [.key("f"), .everyElement, .everyElement], [.key("g"), .key("y")], [.key("h")],
      ]
      for steps in asked {
        let few = [PayloadPath(steps: steps), PayloadPath(steps: [.key("h"), .key("i")])]
        for select in [PayloadSelector.include, PayloadSelector.exclude] {
          let expected = try await things.retrieve([.number(1)], withPayload: select(few))
          let found = try await things.retrieve([.number(1)], withPayload: select(none + few))
          #expect(text(found[0].payload) == text(expected[0].payload), "\(steps)")
        }
      }
    }
  }
}
