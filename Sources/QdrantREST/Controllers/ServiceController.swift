import FastJSON
import HTTPTypes
import Hummingbird
import QdrantService
import TransportBase

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

  @Sendable func issues(_ request: Request, _ context: RESTContext) -> Response {
    RESTResponse.ok(context) { writer in
      writer.beginObject()
      writer.key("issues")
      writer.beginArray()
      writer.endArray()
      writer.endObject()
    }
  }

  @Sendable func clearIssues(_ request: Request, _ context: RESTContext) -> Response {
    RESTResponse.ok(context) { $0.bool(true) }
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

  @Sendable func readiness(_ request: Request, _ context: RESTContext) -> Response {
    guard let obstacle = services.api.state.obstacle else {
      return RESTResponse.text(.ok, "all shards are ready")
    }
    return RESTResponse.text(.serviceUnavailable, "some shards are not ready: \(obstacle)")
  }

  @Sendable func telemetry(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let fields = QueryFields(request)
    let level = try fields.integer("details_level", minimum: 0) ?? 0
    _ = try fields.bool("anonymize")
    _ = try fields.integer("timeout", minimum: 1)
    let report = TelemetryReport(services: services, identity: identity, level: level)
    return try await BlockingWork.run { RESTResponse.ok(context) { report.write(to: &$0) } }
  }

  @Sendable func metrics(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let fields = QueryFields(request)
    _ = try fields.bool("anonymize")
    _ = try fields.integer("timeout", minimum: 1)
    let text = try await BlockingWork.run { MetricsReport(services: services).text() }
    return RESTResponse.text(.ok, text)
  }
}
