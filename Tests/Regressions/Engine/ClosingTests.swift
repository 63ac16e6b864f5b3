import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// Closing a database is done when it returns, for everyone who closes it.
@Suite struct ClosingTests {
  @Test func everyCloseWaitsForTheEnd() async throws {
    try await withDatabase { fixture in
      let things = try await fixture.create()
      for first in stride(from: UInt64(0), to: 20_000, by: 2000) {
        _ = try await things.apply([
          .upsert((first..<first + 2000).map { point($0, [1, 2, 3, 4]) })
        ])
      }
      let database = fixture.database
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 { group.addTask { await database.close() } }
        // Whichever returns first: only a directory that is closed can be opened again.
        try await group.next()
        let again = try Database.open(at: fixture.path, logger: TemporaryDatabase.logger)
        await again.close()
      }
      try await fixture.restart()
      #expect(try fixture.database.collection(named: "things").info().pointsCount == 20_000)
    }
  }
}
