import FastJSON
import HTTPTypes
import Hummingbird
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

  func addRoutes(to router: Router<RESTContext>) {
    let open: [(RouterPath, @Sendable () -> Response)] = [
      ("/", root),
      ("/healthz", { RESTResponse.text(.ok, "healthz check passed") }),
      ("/livez", { RESTResponse.text(.ok, "healthz check passed") }),
      ("/readyz", readiness),
    ]
    for (path, respond) in open {
      router.get(path) { _, _ in respond() }
      // Probes of some balancers ask with HEAD.
      router.head(path) { _, _ in respond().createHeadResponse() }
    }
    router.get("/telemetry", use: telemetry)
    router.get("/metrics", use: metrics)
    router.get("/cluster") { _, context in
      RESTResponse.ok(context) { writer in
        writer.beginObject()
        writer.key("status")
        writer.string("disabled")
        writer.endObject()
      }
    }
    router.get("/issues") { _, context in
      RESTResponse.ok(context) { Self.writeEmptyList("issues", to: &$0) }
    }
    router.delete("/issues") { _, context in RESTResponse.ok(context) { $0.bool(true) } }
  }

  static func writeEmptyList(_ key: StaticString, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key(key)
    writer.beginArray()
    writer.endArray()
    writer.endObject()
  }

  @Sendable private func root() -> Response {
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

  @Sendable private func readiness() -> Response {
    guard let obstacle = services.state.obstacle else {
      return RESTResponse.text(.ok, "all shards are ready")
    }
    return RESTResponse.text(.serviceUnavailable, "some shards are not ready: \(obstacle)")
  }

  @Sendable private func telemetry(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let fields = QueryFields(request)
    let level = try fields.integer("details_level", minimum: 0) ?? 0
    _ = try fields.bool("anonymize")
    _ = try fields.integer("timeout", minimum: 1)
    let report = TelemetryReport(services: services, identity: identity, level: level)
    return try await BlockingWork.run { RESTResponse.ok(context) { report.write(to: &$0) } }
  }

  @Sendable private func metrics(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let fields = QueryFields(request)
    _ = try fields.bool("anonymize")
    _ = try fields.integer("timeout", minimum: 1)
    let text = try await BlockingWork.run { MetricsReport(services: services).text() }
    return RESTResponse.text(.ok, text)
  }
}
