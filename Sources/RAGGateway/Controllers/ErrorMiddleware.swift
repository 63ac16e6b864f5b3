import HTTPTypes
import Hummingbird
import Logging
import ServiceProcess

/// Turns every error into a JSON response and logs those that are not the caller's.
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
  let logger: Logger

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as GatewayError {
      if error.status >= 500 {
        logger.warning(
          "request failed",
          metadata: [
            "request_id": "\(RequestID.current ?? "")", "path": "\(request.uri.path)",
            "reason": "\(error.message)",
          ])
      }
      return JSONResponse.make(error)
    } catch let error as HTTPError {
      let phrase = error.body ?? error.status.reasonPhrase
      return JSONResponse.detail(phrase, status: error.status)
    } catch {
      logger.error(
        "unexpected error",
        metadata: [
          "request_id": "\(RequestID.current ?? "")", "path": "\(request.uri.path)",
          "error": "\(error)",
        ])
      return JSONResponse.detail("Internal Server Error", status: .internalServerError)
    }
  }
}
