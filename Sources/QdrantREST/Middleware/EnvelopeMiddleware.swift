import HTTPTypes
import Hummingbird
import Logging
import QdrantAPI
import ServiceProcess
import VectorDB

/// The outermost layer: gives the request its id, turns every error into Qdrant's envelope, counts
/// and logs the answer. Bodies are never logged, nor are query strings.
struct EnvelopeMiddleware: RouterMiddleware {
  typealias Context = RESTContext

  let metrics: RequestMetrics
  let logger: Logger
  /// Requests about points that take this long are logged as slow, in seconds.
  let slowSeconds: Double

  private static let idField = HTTPField.Name(RequestID.header)
  /// What the router calls the endpoint of a request that no route matches.
  private static let unmatched = "NotFound"

  func handle(
    _ request: Request, context: RESTContext,
    next: (Request, RESTContext) async throws -> Response
  ) async throws -> Response {
    let id = RequestID.accept(Self.idField.flatMap { request.headers[$0] })
    var response: Response
    do {
      response = try await next(request, context)
    } catch {
      response = answer(error, request, context, id)
    }
    if let idField = Self.idField { response.headers[idField] = id }
    let seconds = context.elapsedSeconds
    // Routes that do not exist are not counted: their names are the client's to choose.
    if let endpoint = context.endpointPath, endpoint != Self.unmatched {
      metrics.record(
        method: request.method.rawValue, endpoint: endpoint, status: response.status.code,
        seconds: seconds)
    }
    let isSlow =
      seconds >= slowSeconds && context.endpointPath.map { $0.contains("/points") } ?? false
    logger.log(
      level: isSlow ? .warning : .debug, isSlow ? "slow request" : "request",
      metadata: [
        "request_id": "\(id)", "method": "\(request.method.rawValue)",
        "path": "\(request.uri.path)", "status": .stringConvertible(response.status.code),
        "seconds": .stringConvertible(seconds),
        "body_bytes": .stringConvertible(
          request.headers[.contentLength].flatMap { Int($0) } ?? 0),
      ])
    return response
  }

  private func answer(
    _ error: any Error, _ request: Request, _ context: RESTContext, _ id: String
  ) -> Response {
    switch error {
    case let error as RESTError:
      return RESTResponse.error(error, context)
    case let error as RequestError:
      return RESTResponse.error(RESTError(error), context)
    case let error as CollectionError:
      let answer = RESTError(error)
      if answer.status.code == 500 || answer.status.code == 507 {
        logger.error(
          "request failed",
          metadata: [
            "request_id": "\(id)", "method": "\(request.method.rawValue)",
            "path": "\(request.uri.path)", "reason": "\(answer.text)",
          ])
      }
      return RESTResponse.error(answer, context)
    case let error as HTTPError where error.status == .notFound:
      return RESTResponse.notFound()
    case let error as HTTPError where error.status.code < 500:
      let text = "Bad request: \(error.body ?? error.status.reasonPhrase)"
      return RESTResponse.error(RESTError(error.status, text), context)
    case is CancellationError:
      return RESTResponse.error(RESTError(CollectionError.shuttingDown), context)
    default:
      logger.error(
        "request failed",
        metadata: [
          "request_id": "\(id)", "method": "\(request.method.rawValue)",
          "path": "\(request.uri.path)", "reason": "\(error)",
        ])
      let text = "Service internal error: \(type(of: error))"
      return RESTResponse.error(RESTError(.internalServerError, text), context)
    }
  }
}
