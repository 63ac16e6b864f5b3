import Foundation
package import Logging
package import PointModel
package import VectorDB

/// A database in a folder of its own that can be closed and opened again.
package final class TemporaryDatabase {
  package let path: String
  package private(set) var database: Database
  private let options: DatabaseOptions
  private let logger: Logger

  package init(
    options: DatabaseOptions = DatabaseOptions(), logger: Logger = TemporaryDatabase.logger
  ) throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("quiver-\(UUID().uuidString)").path
    self.options = options
    self.logger = logger
    database = try Database.open(at: path, options: options, logger: logger)
  }

  package static var logger: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .error
    return logger
  }

  /// Closes the database, does something to its files, and opens it again.
  package func restart(meanwhile: () throws -> Void = {}) async throws {
    await database.close()
    try meanwhile()
    database = try Database.open(at: path, options: options, logger: logger)
  }

  package func remove() async {
    await database.close()
    try? FileManager.default.removeItem(atPath: path)
  }

  @discardableResult
  package func create(
    _ name: String = "things", size: Int = 4, distance: Distance = .dot
  ) async throws -> PointCollection {
    let config = CollectionConfig(
      vectors: .unnamed(VectorParams(size: size, distance: distance)))
    try await database.createCollection(named: name, config: config)
    return try database.collection(named: name)
  }
}

/// Runs `body` with a database that is removed afterwards.
@discardableResult
package func withDatabase<Value>(
  options: DatabaseOptions = DatabaseOptions(), logger: Logger = TemporaryDatabase.logger,
  _ body: (TemporaryDatabase) async throws -> Value
) async throws -> Value {
  let database = try TemporaryDatabase(options: options, logger: logger)
  do {
    let value = try await body(database)
    await database.remove()
    return value
  } catch {
    await database.remove()
    throw error
  }
}

/// Waits until something is so that nobody tells of; whether it came to be within `seconds`, far
/// more than is expected.
package func eventually(
  within seconds: Int = 60, _ isSo: () async throws -> Bool
) async throws -> Bool {
  for _ in 0..<seconds * 50 {
    if try await isSo() { return true }
    try await Task.sleep(for: .milliseconds(20))
  }
  return false
}

package func payload(_ json: String) -> Payload { Payload(normalizedJSON: Array(json.utf8)) }

package func text(_ payload: Payload?) -> String? {
  payload.map { String(decoding: $0.json, as: UTF8.self) }
}

package func point(_ id: UInt64, _ vector: [Float], _ json: String = "{}") -> Point {
  Point(
    id: .number(id), vectors: [NamedVector(name: "", values: vector)], payload: payload(json))
}
