import DatabaseFixture
import PointModel
import QdrantService
import Testing
import VectorDB

@Suite struct QdrantServiceTests {
  /// Runs `test` with the API over a database that has a collection `things` with one point.
  private static func run(
    _ test: (QdrantService, TemporaryDatabase) async throws -> Void
  ) async throws {
    try await withDatabase { fixture in
      let collection = try await fixture.create(size: 2)
      _ = try await collection.apply([.upsert([point(1, [1, 0], #"{"a":1}"#)])])
      let state = ServerState(bodyBytesMax: 1 << 20)
      let api = QdrantService(
        state: state, snapshotFolder: SnapshotFolder(path: fixture.path + "-snapshots"),
        logger: TemporaryDatabase.logger)
      await #expect(throws: ServiceError.starting) {
        try await api.describe("things", ServiceCall(access: .full))
      }
      state.serve(fixture.database)
      try await test(api, fixture)
    }
  }

  @Test func everyCallAsksForItsRight() async throws {
    try await Self.run { api, _ in
      let config = CollectionConfig(vectors: .unnamed(VectorParams(size: 2, distance: .dot)))
      let reader = ServiceCall(access: .readOnly)
      let forbidden = ServiceError.forbidden("Global manage access is required")
      await #expect(throws: forbidden) { try await api.create("new", config, reader) }
      await #expect(throws: forbidden) { try await api.delete("things", reader) }
      await #expect(throws: forbidden) {
        try await api.update("things", [.delete(.ids([.number(1)]))], wait: true, reader)
      }
      await #expect(throws: forbidden) {
        try await api.createSnapshot(of: .collection("things"), wait: true, reader)
      }
      await #expect(throws: forbidden) { try await api.changeAliases([], reader) }
      let count = try await api.count("things", CountRequest(), reader)
      let snapshots = try await api.snapshots(of: .collection("things"), reader)
      let names = try api.collections(reader)
      #expect(count == 1 && snapshots.isEmpty && names == ["things"])
      let nobody = ServiceCall(access: .nobody)
      await #expect(throws: ServiceError.self) {
        try await api.count("things", CountRequest(), nobody)
      }
      #expect(throws: ServiceError.self) { try api.collections(nobody) }
    }
  }

  @Test func timeCountsFromTheArrival() async throws {
    try await Self.run { api, _ in
      let late = ServiceCall(
        access: .full, arrivedAt: .now - .seconds(5), timeoutSeconds: 2)
      // The time is over before anything begins.
      await #expect(
        throws: ServiceError.engine(
          .timedOut("Operation 'Scroll' timed out after 2 seconds"))
      ) {
        _ = try await api.scroll(
          "things",
          ScrollRequest(filter: Filter(must: [.hasID(Set((0..<100_000).map { .number($0) }))])),
          late)
      }
      // What is wrong with a change is told.
      await #expect(throws: ServiceError.self) {
        try await api.update("things", [.upsert([point(2, [1])])], wait: true, late)
      }
      // One that is right goes on.
      let points = (2..<20_000).map { point($0, [0, 1]) }
      let results = try await api.update("things", [.upsert(points)], wait: true, late)
      #expect(results == [UpdateResult(operationID: nil, status: .waitTimeout)])
      let call = ServiceCall(access: .full)
      while try await api.count("things", CountRequest(), call) < 19_999 { await Task.yield() }
    }
  }

  @Test func boundsOfACollectionHold() async throws {
    try await Self.run { api, fixture in
      var change = CollectionConfigChange()
      change.strictMode = [
        "enabled": .bool(true), "max_timeout": .integer(3), "search_max_batchsize": .integer(1),
      ]
      let full = ServiceCall(access: .full)
      try await api.update("things", change, full)
      let query = QueryRequest(query: .nearest(.dense([1, 0])))
      _ = try await api.query("things", batch: [query], full)
      await #expect(throws: ServiceError.self) {
        _ = try await api.query("things", batch: [query, query], full)
      }
      await #expect(throws: ServiceError.self) {
        try await api.count(
          "things", CountRequest(), ServiceCall(access: .full, timeoutSeconds: 4))
      }
    }
  }

  @Test func namesThatAreGivenAreGoodOnes() async throws {
    try await Self.run { api, _ in
      let config = CollectionConfig(vectors: .unnamed(VectorParams(size: 2, distance: .dot)))
      for name in ["", "..", "a/b", "a?"] {
        do throws(ServiceError) {
          try await api.create(name, config, ServiceCall(access: .full))
          Issue.record("\(name) was taken")
        } catch {
          #expect(error.kind == .invalid)
        }
      }
    }
  }
}
