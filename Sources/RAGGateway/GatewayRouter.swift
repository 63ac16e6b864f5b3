import FastJSON
import HTTPTypes
public import Hummingbird
import NIOCore
import ServiceProcess

/// The gateway's routes.
public enum GatewayRouter {
  /// A router over the given services.
  public static func make(_ services: GatewayServices) -> Router<BasicRequestContext> {
    let limits = services.limits
    let gate = CollectionGate(
      store: services.store, embedder: services.embedder, distance: services.distance)
    let uploads = UploadService(
      embedder: services.embedder, store: services.store, gate: gate, limits: limits)
    let insights = InsightService(
      embedder: services.embedder, store: services.store, generator: services.generator,
      gate: gate, retrieved: services.retrieved, threshold: services.threshold)
    let probe = ReadinessProbe(
      store: services.store, embedder: services.embedder, age: limits.readinessAge)

    let router = Router(context: BasicRequestContext.self)
    let metrics = RequestMetrics()
    router.add(middleware: RequestLogMiddleware(metrics: metrics, logger: services.logger))
    router.add(middleware: ErrorMiddleware(logger: services.logger))
    router.add(middleware: AdmissionMiddleware(limit: limits.requestsInFlight))
    HealthController(probe: probe).addRoutes(to: router)
    MetricsController(metrics: metrics).addRoutes(to: router)
    UploadController(service: uploads, limits: limits).addRoutes(to: router)
    InsightController(service: insights, limits: limits).addRoutes(to: router)
    return router
  }
}

/// `POST /insight/query` and its short form `POST /query`.
struct InsightController: Sendable {
  let service: InsightService
  let limits: GatewayLimits

  func addRoutes(to router: Router<BasicRequestContext>) {
    for path in ["/insight/query", "/query"] {
      router.post(RouterPath(path)) { request, _ in
        let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
        let question = try RequestBody.question(body, limits: limits)
        return JSONResponse.make(try await service.insight(for: question).json)
      }
    }
  }
}

/// `POST /upload/chunks`.
struct UploadController: Sendable {
  let service: UploadService
  let limits: GatewayLimits

  func addRoutes(to router: Router<BasicRequestContext>) {
    router.post("/upload/chunks") { request, _ in
      let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
      let report = try await service.upload(try RequestBody.chunks(body))
      return JSONResponse.make(report.json)
    }
  }
}

/// `GET /health/live` and `GET /health/ready`.
struct HealthController: Sendable {
  let probe: ReadinessProbe

  func addRoutes(to router: Router<BasicRequestContext>) {
    router.get("/health/live") { _, _ in
      JSONResponse.make(Array(#"{"status":"alive"}"#.utf8))
    }
    router.get("/health/ready") { _, _ in
      let readiness = await probe.readiness()
      return JSONResponse.make(
        readiness.json, status: readiness.isReady ? .ok : .serviceUnavailable)
    }
  }
}

/// `GET /metrics`: number and durations of answers by route, and figures of the process, in the
/// text format of Prometheus and under the names that the server uses.
struct MetricsController: Sendable {
  let metrics: RequestMetrics

  func addRoutes(to router: Router<BasicRequestContext>) {
    router.get("/metrics") { _, _ in
      var text = MetricsText()
      text.addResponses(metrics)
      text.addProcess()
      return Response(
        status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
    }
  }
}
