import HTTPTypes
import Hummingbird
import Logging
import ServiceProcess

/// Gives every request its id, which also goes to the store and the models, and logs the answer:
/// health at `debug`, all else at `info`. Bodies are never logged, nor are query strings.
struct RequestLogMiddleware<Context: RequestContext>: RouterMiddleware {
  let logger: Logger

  private var idField: HTTPField.Name? { HTTPField.Name(RequestID.header) }

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let id = RequestID.accept(idField.flatMap { request.headers[$0] })
    var response = try await RequestID.$current.withValue(id) {
      try await next(request, context)
    }
    if let idField { response.headers[idField] = id }
    logger.log(
      level: request.uri.path.hasPrefix("/health") ? .debug : .info, "request",
      metadata: [
        "request_id": "\(id)", "method": "\(request.method.rawValue)",
        "path": "\(request.uri.path)", "status": .stringConvertible(response.status.code),
        "seconds": .stringConvertible((ContinuousClock.now - start) / .seconds(1)),
      ])
    return response
  }
}
