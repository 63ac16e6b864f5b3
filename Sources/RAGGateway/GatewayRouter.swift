public import Hummingbird
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
