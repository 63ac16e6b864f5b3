import Logging
import PointModel
import Replication
import Synchronization
import VectorDB

import class Foundation.FileManager
import struct Foundation.UUID

/// A database whose log is shared in a store in memory, as a server would run it.
final class SharingNode: Sendable {
  let path: String
  let database: Database
  let replicator: Replicator

  static func folder() -> String {
    FileManager.default.temporaryDirectory
      .appendingPathComponent("quiver-\(UUID().uuidString)").path
  }

  static var logger: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }

  /// Opens the database at `path`, a new one by itself, and begins to share its log.
  init(
    _ store: MemoryStore, at path: String = SharingNode.folder(),
    plan: ReplicationPlan = SharingNode.plan(),
    snapshot: @escaping Replicator.Snapshot = { _, _, _ in nil }
  ) async throws {
    self.path = path
    replicator = try Replicator(
      store, plan: plan, directory: path, logger: Self.logger, snapshot: snapshot)
    var options = DatabaseOptions()
    options.log = replicator.sink
    database = try Database.open(at: path, options: options, logger: Self.logger)
    do {
      try await replicator.start(database)
    } catch {
      await database.close()
      throw error
    }
  }

  /// A plan without waits.
  static func plan(
    _ mode: ReplicationMode = .async, backlog: Int = 64 << 20, items: Int = 1024,
    bytes: Int = 8 << 20, write: Int = 5000, takeover: Int = 500, gather: Int = 1
  ) -> ReplicationPlan {
    var plan = ReplicationPlan()
    plan.mode = mode
    plan.address = "http://node"
    plan.takeoverMilliseconds = takeover
    plan.limits = ReplicationLimits(
      backlogBytesMax: backlog, segmentItemsMax: items, segmentBytesMax: bytes,
      gatherMilliseconds: gather, writeMilliseconds: write)
    return plan
  }

  /// Ends as a server that is told to.
  func stop(within time: Duration = .seconds(60)) async {
    await database.close()
    await replicator.stop(within: time)
  }

  /// Makes a collection with one vector of two numbers.
  func create(_ name: String = "a") async throws {
    let config = CollectionConfig(vectors: .unnamed(VectorParams(size: 2, distance: .dot)))
    try await database.createCollection(named: name, config: config)
  }

  /// Writes points one by one.
  func write(_ ids: Range<UInt64>, to name: String = "a") async throws {
    for id in ids {
      let point = Point(
        id: .number(id), vectors: [NamedVector(name: "", values: [Float(id), 1])])
      _ = try await database.collection(named: name).apply([.upsert([point])])
    }
  }

  /// The ids of a collection's points, ascending.
  func ids(of name: String = "a") async throws -> [UInt64] {
    let request = ScrollRequest(limit: 10_000)
    return try await database.collection(named: name).scroll(request).records.compactMap {
      if case .number(let id) = $0.id { id } else { nil }
    }
  }
}
