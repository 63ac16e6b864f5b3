import HTTPTypes
import Hummingbird
import Logging
import RequestTracing
import ServiceProcess

/// Gives every request its id, which also goes to the store and the models, counts the answer and
/// logs it: health and figures at `debug`, all else at `info`. Bodies are never logged, nor are
/// query strings.
struct RequestLogMiddleware<Context: RequestContext>: RouterMiddleware {
  let metrics: RequestMetrics
  let tracer: RequestTracer
  let logger: Logger

  /// What the router calls the endpoint of a request that no route matches.
  private static var unmatched: String { "NotFound" }

  private var idField: HTTPField.Name? { HTTPField.Name(RequestID.header) }

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let id = RequestID.accept(idField.flatMap { request.headers[$0] })
    let trace = tracer.accept(
      TraceParent(
        Self.field(TraceParent.header, of: request),
        state: Self.field(TraceParent.stateHeader, of: request)),
      called: request.method.rawValue)
    var response = try await RequestID.$current.withValue(id) {
      try await trace.whileCurrent { try await next(request, context) }
    }
    if let idField { response.headers[idField] = id }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let endpoint = context.endpointPath ?? Self.unmatched
    // Routes that do not exist are not counted: their names are the caller's to choose.
    if endpoint != Self.unmatched {
      metrics.record(
        method: request.method.rawValue, endpoint: endpoint, status: response.status.code,
        seconds: seconds)
    }
    let isProbe = endpoint.hasPrefix("/health") || endpoint == "/metrics"
    var metadata: Logger.Metadata = [
      "request_id": "\(id)", "method": "\(request.method.rawValue)",
      "path": "\(request.uri.path)", "status": .stringConvertible(response.status.code),
      "seconds": .stringConvertible(seconds),
    ]
    if let trace = trace.id { metadata["trace_id"] = "\(trace)" }
    logger.log(level: isProbe ? .debug : .info, "request", metadata: metadata)
    trace.end(
      as: "\(request.method.rawValue) \(endpoint)",
      [
        "http.request.method": .text(request.method.rawValue), "http.route": .text(endpoint),
        "url.path": .text(request.uri.path), "quiver.request_id": .text(id),
        "http.response.status_code": .number(response.status.code),
      ], isFailure: response.status.code >= 500)
    return response
  }

  private static func field(_ name: String, of request: Request) -> String? {
    HTTPField.Name(name).flatMap { request.headers[$0] }
  }
}
