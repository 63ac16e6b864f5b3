import DatabaseFixture
import Dispatch
import PointModel
import QdrantService
import Synchronization
import Testing
import VectorDB

@Suite struct QdrantServiceTests {
  /// Runs `test` with the API over a database that has a collection `things` with one point.
  private static func run(
    log: (any LogSink)? = nil, _ test: (QdrantService, TemporaryDatabase) async throws -> Void
  ) async throws {
    var options = DatabaseOptions()
    options.log = log
    try await withDatabase(options: options) { fixture in
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

  /// A call whose time was over before it came here.
  private static var lateCall: ServiceCall {
    ServiceCall(access: .full, arrivedAt: .now - .seconds(5), timeoutSeconds: 2)
  }

  @Test func timeCountsFromTheArrival() async throws {
    let log = HeldLog()
    try await Self.run(log: log) { api, _ in
      let filter = Filter(must: [.hasID(Set((0..<100_000).map { .number($0) }))])
      // The time is over before anything begins.
      await #expect(
        throws: ServiceError.engine(
          .timedOut("Operation 'Scroll' timed out after 2 seconds"))
      ) {
        _ = try await api.scroll("things", ScrollRequest(filter: filter), Self.lateCall)
      }
      // A change that is right goes on.
      log.hold()
      defer { log.release() }
      let results = try await api.update(
        "things", [.upsert([point(2, [0, 1])])], wait: true, Self.lateCall)
      #expect(results == [UpdateResult(operationID: nil, status: .waitTimeout)])
      let call = ServiceCall(access: .full)
      #expect(try await api.count("things", CountRequest(), call) == 1)
      log.release()
      #expect(try await eventually { try await api.count("things", CountRequest(), call) == 2 })
    }
  }

  @Test func whatIsWrongWithALateChangeIsTold() async throws {
    try await Self.run { api, _ in
      // There is a moment to see what is wrong, which a busy machine may let pass.
      let isTold = try await eventually {
        do throws(ServiceError) {
          let results = try await api.update(
            "things", [.upsert([point(2, [1])])], wait: true, Self.lateCall)
          #expect(results == [UpdateResult(operationID: nil, status: .waitTimeout)])
          return false
        } catch {
          guard case .engine(.wrongDimension(expected: 2, got: 1, _)) = error else { throw error }
          return true
        }
      }
      #expect(isTold)
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

/// A log that lets commits wait.
private final class HeldLog: LogSink {
  private let isHeld = Mutex(false)
  private let gate = DispatchSemaphore(value: 0)

  func hold() { isHeld.withLock { $0 = true } }

  func release() {
    isHeld.withLock { $0 = false }
    gate.signal()
  }

  func prepare(_ entry: [UInt8], number: UInt64) {
    if isHeld.withLock({ $0 }) { gate.wait() }
  }

  func append(_ entry: [UInt8], number: UInt64) {}

  func keepSnapshot(at path: String, checksum: String) {}
}
