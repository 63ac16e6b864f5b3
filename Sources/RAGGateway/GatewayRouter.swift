import HTTPTypes
public import Hummingbird
import NIOCore
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
    let figures = RetrievalFigures()
    let retriever = Retriever(
      embedder: services.embedder, store: services.store, gate: gate,
      threshold: services.threshold, reranker: services.reranker)
    let insights = InsightService(
      retriever: retriever, generator: services.generator, retrieved: services.retrieved,
      figures: figures)
    let probe = ReadinessProbe(
      store: services.store, embedder: services.embedder, age: limits.readinessAge)
    let stream = EventStream(limits: limits, figures: figures)

    let router = Router(context: GatewayContext.self)
    let metrics = RequestMetrics()
    router.add(
      middleware: RequestLogMiddleware(
        metrics: metrics, tracer: services.tracer, logger: services.logger))
    router.add(
      middleware: ErrorMiddleware(logger: services.logger, drainedBytes: limits.drainedBytes))
    router.add(
      middleware: AccessMiddleware(
        keys: services.keys, requestsPerMinute: limits.requestsPerMinute))
    router.add(middleware: AdmissionMiddleware(limit: limits.requestsInFlight))
    router.add(middleware: DeadlineMiddleware(time: limits.requestTime))
    HealthController(probe: probe).addRoutes(to: router)
    MetricsController(metrics: metrics, figures: figures, spans: services.tracer.queue)
      .addRoutes(to: router)
    UploadController(uploads: uploads, documents: documents, stream: stream, limits: limits)
      .addRoutes(to: router)
    InsightController(service: insights, stream: stream, limits: limits).addRoutes(to: router)
    ChatController(
      service: insights, embedder: services.embedder, stream: stream, limits: limits
    ).addRoutes(to: router)
    ToolController(service: insights, uploads: uploads, limits: limits).addRoutes(to: router)
    PageController().addRoutes(to: router)
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
  let figures: RetrievalFigures
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
