public import Logging
import OutageLogging
import PointModel
import Replication
public import RequestTracing
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
  /// What callers' keys permit.
  let keys: AccessKeys
  /// Where it is written down who asked for what.
  let audit: AuditLog?
  /// Makes the spans of requests.
  public let tracer: RequestTracer
  /// Told what goes wrong where nobody waits for the outcome.
  let workNotes: OutageTopics

  /// The API of a server that learns of its database through `state`.
  ///
  /// - Parameters:
  ///   - keys: what callers' keys permit; without any everybody may do everything.
  ///   - audit: where it is written down who asked for what; `nil` for nowhere.
  ///   - tracer: makes the spans of requests.
  ///   - logger: told what goes wrong where nobody waits for the outcome.
  public init(
    state: ServerState, snapshotFolder: SnapshotFolder, keys: AccessKeys = .none,
    audit: AuditLog? = nil, tracer: RequestTracer = .off, logger: Logger
  ) {
    self.state = state
    self.snapshotFolder = snapshotFolder
    self.keys = keys
    self.audit = audit
    self.tracer = tracer
    workNotes = OutageTopics("snapshot work failed", logger: logger)
  }

  /// A collection that is there, by its own name or an alias, for a caller who may do `action`
  /// with it, with the caller's time held against what the collection allows.
  ///
  /// - Parameter lookups: other collections that are read from.
  func collection(
    _ name: String, _ call: ServiceCall, _ action: ServiceAction, lookups: [String] = []
  ) throws(ServiceError) -> PointCollection {
    let permitted = try admit(call, to: action, on: name, lookups: lookups)
    return try collection(named: permitted, call)
  }

  /// A collection that the caller has been admitted to.
  func collection(
    named name: String, _ call: ServiceCall
  ) throws(ServiceError) -> PointCollection {
    let database = try state.database()
    do throws(CollectionError) {
      let collection = try database.collection(named: name)
      if let seconds = call.timeoutSeconds { try collection.checkTimeout(seconds: seconds) }
      return collection
    } catch {
      throw .engine(error)
    }
  }

  /// The database, for a caller who may do `action` with the whole server.
  func database(_ call: ServiceCall, _ action: ServiceAction) throws(ServiceError) -> Database {
    try admit(call, to: action)
    return try state.database()
  }

  /// The database, and the name of a collection that is there or not, for a caller who may do
  /// `action` with it.
  func database(
    _ call: ServiceCall, _ action: ServiceAction, on name: String
  ) throws(ServiceError) -> (database: Database, name: String) {
    let permitted = try admit(call, to: action, on: name)
    return (try state.database(), permitted)
  }

  /// Does a read, which is given up at the caller's deadline.
  ///
  /// - Parameter operation: what callers are told took too long.
  func read<Value: Sendable>(
    _ operation: String, _ call: ServiceCall,
    _ work: @escaping @Sendable () async throws(CollectionError) -> Value
  ) async throws(ServiceError) -> Value {
    let replication = call.isConsistent ? state.replication : nil
    let whole: @Sendable () async throws(CollectionError) -> Value = {
      () async throws(CollectionError) in
      try await replication?.catchUp()
      return try await work()
    }
    guard call.timeoutSeconds != nil else { return try await engine(whole) }
    try requireTime(for: operation, call)
    let value = try await Patience.outcome(by: call.deadline, givesUp: true) {
      () async throws(ServiceError) in try await engine(whole)
    }
    guard let value else { throw call.late(operation) }
    return value
  }

  /// Makes a change, which goes on where the caller's time is over before it is made: it is `nil`
  /// then. Of what came later than its sender waits a refusal is told nevertheless.
  func change<Value: Sendable>(
    by deadline: ContinuousClock.Instant?,
    _ work: @escaping @Sendable () async throws(CollectionError) -> Value
  ) async throws(ServiceError) -> Value? {
    let deadline = deadline.map { max($0, .now + Self.refusalTime) }
    return try await Patience.outcome(by: deadline, givesUp: false) {
      () async throws(ServiceError) in try await engine(work)
    }
  }

  /// Makes a change to collections or aliases, whose answers have no word for what goes on.
  func changeCatalogue<Value: Sendable>(
    _ call: ServiceCall, _ work: @escaping @Sendable () async throws(CollectionError) -> Value
  ) async throws(ServiceError) -> Value {
    if let value = try await change(by: call.deadline, work) { return value }
    let seconds = call.timeoutSeconds ?? 0
    throw .engine(
      .storage("the change was not made in time, and goes on. Timeout set at: \(seconds) seconds"))
  }

  /// How long it may take to see that a change can't be made.
  private static var refusalTime: Duration { .milliseconds(100) }

  /// Refuses a read that has not begun when its time is over: to read what it asks for may take
  /// longer than its caller waits.
  ///
  /// - Parameter operation: what callers are told took too long.
  private func requireTime(for operation: String, _ call: ServiceCall) throws(ServiceError) {
    if call.isOver { throw call.late(operation) }
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
