import DatabaseFixture
import PointModel
import Synchronization
import Testing
import VectorDB

/// Who asks for much waits for it himself.
@Suite struct FairnessTests {
  private static let rows = 2000
  private static let nearest = QueryRequest(query: .nearest(.dense([0, 0, 0, 1])), limit: rows)

  /// What came of calls.
  private struct Outcome {
    var answered = 0
    var refused = 0

    /// Makes a call, and counts it.
    mutating func count(_ call: () async throws -> Void) async throws {
      do {
        try await call()
        answered += 1
      } catch CollectionError.overloaded {
        refused += 1
        // Who is refused at once would keep the thread for itself.
        await Task.yield()
      }
    }

    mutating func add(_ other: Outcome) {
      answered += other.answered
      refused += other.refused
    }
  }

  /// What comes of calls that one caller makes again and again, so many at once, while another
  /// makes a few, one by one.
  private func outcomes(
    _ atOnce: Int, _ call: @escaping @Sendable () async throws -> Void
  ) async throws -> (greedy: Outcome, modest: Outcome) {
    let isOver = Flag()
    return try await withThrowingTaskGroup(of: Outcome.self) { group in
      CallerID.$current.withValue(CallerID()) {
        for _ in 0..<atOnce {
          group.addTask {
            var outcome = Outcome()
            repeat { try await outcome.count(call) } while !isOver.isSet
            return outcome
          }
        }
      }
      var modest = Outcome()
      let caller = CallerID()
      for _ in 0..<20 {
        try await CallerID.$current.withValue(caller) { try await modest.count(call) }
      }
      isOver.set()
      return (try await group.reduce(into: Outcome()) { $0.add($1) }, modest)
    }
  }

  @Test func manyReadsOfOneCallerLeaveRoomForAnother() async throws {
    let limits = Limits(briefSearchBytesMax: 0, waitingReadsMax: 4)
    try await withDatabase(options: DatabaseOptions(searchThreads: 1, limits: limits)) { folder in
      let things = try await folder.create()
      try await fill(things)
      let (greedy, modest) = try await outcomes(32) {
        _ = try await things.query([Self.nearest])
      }
      #expect(modest.answered == 20)
      #expect(greedy.refused > 0)
    }
  }

  @Test func manyWritesOfOneCallerLeaveRoomForAnother() async throws {
    let limits = Limits(queuedOperationsMax: 4)
    try await withDatabase(options: DatabaseOptions(limits: limits)) { folder in
      let things = try await folder.create()
      let (greedy, modest) = try await outcomes(32) {
        _ = try await things.apply([.upsert([point(1, [0, 0, 0, 1])])])
      }
      #expect(modest.answered == 20)
      #expect(greedy.refused > 0)
      #expect(greedy.answered > 0)
    }
  }

  private func fill(_ things: PointCollection) async throws {
    let points = (0..<Self.rows).map { point(UInt64($0), [0, 0, 0, Float($0)]) }
    _ = try await things.apply([.upsert(points)])
  }

  private final class Flag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }
  }
}
