public import Logging
import PointModel
public import VectorDB

/// Qdrant's API over one database, as functions: one for each call, typed in and out, without any
/// transport. Transports decode, call and encode.
///
/// Every function checks what the caller may do, keeps to the caller's time and to the bounds that
/// a collection sets, and throws a ``ServiceError``. All may be called from any task; none blocks
/// its thread.
public struct QdrantService: Sendable {
  /// Where the server is in its life.
  public let state: ServerState
  /// Where snapshots are kept.
  public let snapshotFolder: SnapshotFolder
  let logger: Logger

  /// The API of a server that learns of its database through `state`.
  ///
  /// - Parameter logger: told what goes wrong where nobody waits for the outcome.
  public init(state: ServerState, snapshotFolder: SnapshotFolder, logger: Logger) {
    self.state = state
    self.snapshotFolder = snapshotFolder
    self.logger = logger
  }

  /// A collection that is there, by its own name or an alias, for an operation that needs
  /// `requirement`, with the caller's time held against what the collection allows.
  func collection(
    _ name: String, _ call: ServiceCall, _ requirement: Requirement
  ) throws(ServiceError) -> PointCollection {
    try call.access.check(requirement, on: name)
    let database = try state.database()
    do throws(CollectionError) {
      let collection = try database.collection(named: name)
      if let seconds = call.timeoutSeconds { try collection.checkTimeout(seconds: seconds) }
      return collection
    } catch {
      throw .engine(error)
    }
  }

  /// The database, for an operation on the whole server that needs `requirement`, or on one
  /// collection of it, whether it is there or not.
  func database(
    _ call: ServiceCall, _ requirement: Requirement, on collection: String? = nil
  ) throws(ServiceError) -> Database {
    try call.access.check(requirement, on: collection)
    return try state.database()
  }

  /// Does a read, which is given up at the caller's deadline.
  ///
  /// - Parameter operation: what callers are told took too long.
  func read<Value: Sendable>(
    _ operation: String, _ call: ServiceCall,
    _ work: @escaping @Sendable () async throws(CollectionError) -> Value
  ) async throws(ServiceError) -> Value {
    guard let seconds = call.timeoutSeconds else { return try await engine(work) }
    let value = try await Patience.outcome(by: call.deadline, givesUp: true) {
      () async throws(ServiceError) in try await engine(work)
    }
    guard let value else {
      throw .engine(.timedOut("Operation '\(operation)' timed out after \(seconds) seconds"))
    }
    return value
  }
}

/// Does work of the engine, whose errors become the service's.
func engine<Value: Sendable>(
  _ work: () async throws(CollectionError) -> Value
) async throws(ServiceError) -> Value {
  do throws(CollectionError) {
    return try await work()
  } catch {
    throw .engine(error)
  }
}
