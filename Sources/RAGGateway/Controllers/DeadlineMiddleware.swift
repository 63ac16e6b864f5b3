import HTTPTransfer
import Hummingbird

/// Gives every request one deadline for all that is done for its sake.
struct DeadlineMiddleware<Context: RequestContext>: RouterMiddleware {
  let time: Duration

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    try await RequestDeadline.$current.withValue(ContinuousClock.now + time) {
      try await next(request, context)
    }
  }
}
