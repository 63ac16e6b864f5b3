import FastJSON
import HTTPTypes
import Hummingbird
import Logging
import QdrantService
import ServiceProcess
import TransportBase
import VectorDB

/// What the server says of itself: version, probes, figures.
struct ServiceController: Sendable {
  let services: RESTServices
  let commit: String
  private let identity = TelemetryReport.Identity()

  init(services: RESTServices, commit: String) {
    self.services = services
    self.commit = commit
  }

  @Sendable func liveness(_ request: Request, _ context: RESTContext) -> Response {
    RESTResponse.text(.ok, "healthz check passed")
  }

  /// All collections are looked at for it, which takes longer the more there are.
  @Sendable func issues(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (api, call) = (services.api, context.call())
    let issues = try await BlockingWork.run { try api.issues(call) }
    return RESTResponse.ok(context) { writer in
      writer.beginObject()
      writer.key("issues")
      writer.beginArray()
      for issue in issues { writer.write(issue) }
      writer.endArray()
      writer.endObject()
    }
  }

  @Sendable func clearIssues(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let (api, call) = (services.api, context.call())
    try await BlockingWork.run { try api.clearIssues(call) }
    return RESTResponse.ok(context) { $0.bool(true) }
  }

  /// Which messages are logged.
  @Sendable func logger(_ request: Request, _ context: RESTContext) throws -> Response {
    try services.api.check(.getLogger, context.call())
    return RESTResponse.ok(context) { writer in
      writer.beginObject()
      writer.key("log_level")
      writer.string(services.settings.logLevel.rawValue)
      writer.key("format")
      writer.string(services.settings.logFormat.rawValue)
      writer.endObject()
    }
  }

  /// The log is as it was started.
  @Sendable func setLogger(_ request: Request, _ context: RESTContext) throws -> Response {
    try services.api.check(.updateLogger, context.call())
    throw RESTError(
      .badRequest, "Bad request: the log is configured when the server starts (`log_level`)")
  }

  @Sendable func root(_ request: Request, _ context: RESTContext) -> Response {
    var writer = JSONWriter(reservingCapacity: 128)
    writer.beginObject()
    writer.key("title")
    writer.string(Release.title)
    writer.key("version")
    writer.string(Release.contractVersion)
    writer.key("commit")
    writer.string(commit)
    writer.endObject()
    return RESTResponse.json(.ok, writer.bytes)
  }

  /// Whether requests should be sent here; with `writes=true`, whether changes should.
  @Sendable func readiness(_ request: Request, _ context: RESTContext) throws -> Response {
    let state = services.api.state
    let isForWrites = try QueryFields(request).bool("writes") ?? false
    guard let obstacle = isForWrites ? state.writeObstacle : state.obstacle else {
      return RESTResponse.text(.ok, "all shards are ready")
    }
    return RESTResponse.text(.serviceUnavailable, "some shards are not ready: \(obstacle)")
  }

  @Sendable func telemetry(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let fields = QueryFields(request)
    let level = try fields.integer("details_level", minimum: 0) ?? 0
    let isAnonymous = try fields.bool("anonymize") ?? false
    let isPerCollection = try fields.bool("per_collection") ?? false
    _ = try fields.integer("timeout", minimum: 1)
    let report = TelemetryReport(
      services: services, identity: identity, access: context.caller.access, level: level,
      isAnonymous: isAnonymous, isPerCollection: isPerCollection)
    return try await BlockingWork.run { RESTResponse.ok(context) { report.write(to: &$0) } }
  }

  @Sendable func metrics(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let fields = QueryFields(request)
    let isAnonymous = try fields.bool("anonymize") ?? false
    let isPerCollection = try fields.bool("per_collection") ?? false
    _ = try fields.integer("timeout", minimum: 1)
    let report = MetricsReport(
      services: services, isPerCollection: isPerCollection && !isAnonymous)
    let text = try await BlockingWork.run { report.text() }
    return RESTResponse.text(.ok, text)
  }
}

extension JSONWriter {
  /// Writes what Qdrant tells of an issue and, of our own, how far an update came.
  fileprivate mutating func write(_ issue: Issue) {
    beginObject()
    key("id")
    string(issue.id)
    key("description")
    string(issue.description)
    key("solution")
    beginObject()
    key("refactor")
    string(issue.solution)
    endObject()
    key("timestamp")
    string(Moment.text(issue.moment))
    key("related_collection")
    string(issue.collection)
    if let update = issue.update {
      key("unfinished_update")
      update.write(to: &self)
    }
    endObject()
  }
}
