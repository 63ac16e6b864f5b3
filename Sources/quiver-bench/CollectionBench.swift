import DataTransfer
import FastJSON
import Foundation
import Logging
import PointModel
import QdrantAPI
import VectorDB

/// A database with one collection, and the requests put to it one after another.
struct CollectionBench {
  private let database: Database
  private let limit: Int
  private static let name = "bench"
  private static let requestPointsMax = 1000

  init(storage: String, limit: Int) throws {
    self.limit = limit
    var logger = Logger(label: "quiver-bench") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .warning
    database = try Database.open(
      at: storage,
      options: DatabaseOptions(durability: .interval(milliseconds: 1000), searchThreads: 1),
      logger: logger)
  }

  func close() async {
    await database.close()
  }

  /// Stores the rows as points 0, 1, 2, …, builds everything that is to be built, and waits for it.
  func load(
    _ base: NPYFile, payloads: [[UInt8]], indexes: [[UInt8]]
  ) async throws -> String {
    let start = ProcessTime.now
    var config = CollectionConfig(
      vectors: .unnamed(VectorParams(size: base.dimension, distance: .cosine)))
    // One index is built of all rows, not several on the way.
    config.optimizers["indexing_threshold"] = .integer(0)
    try await database.createCollection(named: Self.name, config: config)
    let collection = try database.collection(named: Self.name)
    for body in indexes {
      let index = try RequestDecoder.createPayloadIndex(RequestDecoder.document(body))
      _ = try await database.createPayloadIndex(
        of: Self.name, at: index.path, index.schema)
    }
    for first in stride(from: 0, to: base.rowCount, by: Self.requestPointsMax) {
      let points = try (first..<min(first + Self.requestPointsMax, base.rowCount)).map { number in
        Point(
          id: .number(UInt64(number)),
          vectors: [NamedVector(name: "", values: try base.row(number))],
          payload: Payload(normalizedJSON: payloads[number]))
      }
      _ = try await collection.apply([.upsert(points)])
    }
    try await database.updateCollection(
      named: Self.name,
      change: CollectionConfigChange(optimizers: ["indexing_threshold": .integer(1)]))
    while collection.info().isIndexing { try await Task.sleep(nanoseconds: 50_000_000) }
    let seconds = ProcessTime.now - start
    let memory = collection.memory()
    let rows = Double(base.rowCount)
    return """
      {"load_cpu_s": \(seconds), "points": \(base.rowCount), \
      "payload_index_bytes_per_point": \(Double(memory.payloadIndexes) / rows)}
      """
  }

  /// Runs every request alone and waits for its answer. The bodies are decoded beforehand.
  func run(_ bodies: [[UInt8]], out path: String) async throws -> String {
    let collection = try database.collection(named: Self.name)
    var requests: [QueryRequest] = []
    for body in bodies {
      requests.append(try RequestDecoder.query(RequestDecoder.document(body)))
    }
    for request in requests.prefix(20) { _ = try await collection.query([request]) }
    var found = [UInt32](repeating: .max, count: requests.count * limit)
    var times: [Double] = []
    let start = ProcessTime.now
    var last = start
    for (number, request) in requests.enumerated() {
      let hits = try await collection.query([request])[0]
      for (rank, hit) in hits.prefix(limit).enumerated() {
        guard case .number(let id) = hit.record.id else { continue }
        found[number * limit + rank] = UInt32(id).littleEndian
      }
      let now = ProcessTime.now
      times.append(now - last)
      last = now
    }
    let total = last - start
    try found.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path)) }
    times.sort()
    return """
      {"cpu_s": \(total), "p50_ms": \(times[times.count / 2] * 1000), \
      "p99_ms": \(times[times.count * 99 / 100] * 1000)}
      """
  }
}

/// The CPU time of all threads of the process, in seconds.
enum ProcessTime {
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
