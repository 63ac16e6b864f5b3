import HTTPTypes
public import Hummingbird
import Logging
import NIOCore
import OutageLogging
import RequestTracing
import ServiceProcess

/// The gateway's routes.
public enum GatewayRouter {
  /// A router over the given services.
  public static func make(_ services: GatewayServices) -> Router<GatewayContext> {
    let limits = services.limits
    let gate = CollectionGate(
      store: services.store, embedder: services.embedder, distance: services.distance)
    let uploads = UploadService(
      embedder: services.embedder, store: services.store, gate: gate, limits: limits)
    let documents = DocumentService(store: services.store, gate: gate, limits: limits)
    let figures = services.figures
    let retriever = Retriever(
      embedder: services.embedder, store: services.store, gate: gate,
      threshold: services.threshold, reranker: services.reranker)
    let insights = InsightService(
      retriever: retriever, generator: services.generator, retrieved: services.retrieved,
      figures: figures)
    let probe = ReadinessProbe(
      store: services.store, embedder: services.embedder, age: limits.readinessAge)
    let stream = EventStream(limits: limits, figures: figures)

    let metrics = RequestMetrics()
    let health = HealthController(probe: probe)
    let metricsPage = MetricsController(
      metrics: metrics, figures: figures, spans: services.tracer.queue)
    let upload = UploadController(
      uploads: uploads, documents: documents, stream: stream, limits: limits)
    let insight = InsightController(service: insights, stream: stream, limits: limits)
    let chat = ChatController(
      service: insights, embedder: services.embedder, stream: stream, limits: limits)
    let tools = ToolController(
      service: insights, uploads: uploads, origins: services.origins, limits: limits)
    func addRoutes(to router: Router<GatewayContext>) {
      health.addRoutes(to: router)
      metricsPage.addRoutes(to: router)
      upload.addRoutes(to: router)
      insight.addRoutes(to: router)
      chat.addRoutes(to: router)
      tools.addRoutes(to: router)
      PageController().addRoutes(to: router)
    }
    // What is in front of the routes has to know them.
    let plain = Router(context: GatewayContext.self)
    addRoutes(to: plain)

    let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
    router.add(
      middleware: RequestLogMiddleware(
        metrics: metrics, tracer: services.tracer, logger: services.logger))
    router.add(middleware: CrossOriginMiddleware(origins: services.origins))
    router.add(
      middleware: ErrorMiddleware(
        failures: OutageTopics("request failed", logger: services.logger),
        unexpected: OutageTopics("unexpected error", logger: services.logger),
        routes: RouteTable(plain), drainedBytes: limits.drainedBytes))
    router.add(
      middleware: ForeignPageMiddleware(
        origins: services.origins, asksForKeys: !services.keys.isEmpty))
    router.add(
      middleware: AccessMiddleware(
        keys: services.keys, requestsPerMinute: limits.requestsPerMinute))
    router.add(middleware: AdmissionMiddleware(limits: limits, figures: figures))
    router.add(middleware: DeadlineMiddleware(time: limits.requestTime))
    addRoutes(to: router)
    return router
  }
}

/// `GET /health/live` and `GET /health/ready`.
struct HealthController: Sendable {
  let probe: ReadinessProbe

  func addRoutes(to router: Router<GatewayContext>) {
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
  let figures: GatewayFigures
  let spans: SpanQueue?

  func addRoutes(to router: Router<GatewayContext>) {
    router.get("/metrics") { _, _ in
      var text = MetricsText()
      text.addResponses(metrics)
      figures.write(to: &text)
      text.addProcess()
      spans?.write(to: &text)
      return Response(
        status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
    }
  }
}

/// The page for people at `/`, the interface as `/openapi.json`, and that for people at `/docs`.
/// All stand in the program; they ask no other host for anything.
struct PageController: Sendable {
  /// Scripts and styles of the page itself are all that it may use.
  private static let policy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    + "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    + "frame-ancestors 'none'"

  func addRoutes(to router: Router<GatewayContext>) {
    for (path, bytes, type) in [
      ("/", PackageResources.index_html, "text/html; charset=utf-8"),
      ("/docs", PackageResources.docs_html, "text/html; charset=utf-8"),
      ("/openapi.json", PackageResources.openapi_json, "application/json"),
    ] {
      router.get(RouterPath(path)) { _, _ in
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.contentSecurityPolicy] = Self.policy
        headers[.xContentTypeOptions] = "nosniff"
        return Response(
          status: .ok, headers: headers,
          body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
      }
    }
  }
}
