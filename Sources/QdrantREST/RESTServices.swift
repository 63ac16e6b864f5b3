import Hummingbird
import Logging
import PointModel
import QdrantAPI
import ServiceProcess
import VectorDB

/// What every controller needs: the database, the body reader and the figures that are kept.
struct RESTServices: Sendable {
  let state: ServerState
  let settings: ServerSettings
  let metrics: RequestMetrics
  let bodies: BodyReader
  let logger: Logger

  init(state: ServerState, settings: ServerSettings, logger: Logger) {
    self.state = state
    self.settings = settings
    self.logger = logger
    metrics = RequestMetrics()
    bodies = BodyReader(
      limit: settings.maxRequestSizeMB << 20,
      budget: ByteBudget(capacity: settings.maxInflightMB << 20))
    state.countBodies(of: bodies.budget)
  }

  /// The database once it is open.
  func database() throws(RESTError) -> Database { try state.database() }

  /// The collection that the request's path names.
  func collection(_ context: RESTContext) throws -> PointCollection {
    try database().collection(named: context.collectionName())
  }

  /// The collection that the request's path names, for a read with these parameters.
  func collection(_ context: RESTContext, _ parameters: ReadParameters) throws -> PointCollection {
    let collection = try collection(context)
    if let seconds = parameters.timeoutSeconds { try collection.checkTimeout(seconds: seconds) }
    return collection
  }

  /// Runs a read; past `seconds`, counted from the request's arrival, it is cancelled and answered
  /// 408.
  func withDeadline<Value: Sendable>(
    _ seconds: Int?, operation: String, _ context: RESTContext,
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    guard let seconds else { return try await body() }
    return try await Deadline(seconds: seconds, after: context.startedAt).answer(operation, body)
  }
}
