import HTTPTransfer
import Hummingbird
import Synchronization

/// Answers 503 to requests beyond the number that may be worked on at a time; health and figures
/// are exempt.
final class AdmissionMiddleware<Context: RequestContext>: RouterMiddleware {
  private let limit: Int
  private let figures: GatewayFigures
  private let inFlight = Mutex(0)

  init(limit: Int, figures: GatewayFigures) {
    self.limit = limit
    self.figures = figures
  }

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let path = request.uri.path
    if path.hasPrefix("/health") || path == "/metrics" {
      return try await next(request, context)
    }
    let isAdmitted = inFlight.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
    guard isAdmitted else { throw GatewayError.overloaded(retryAfterSeconds: 1) }
    figures.change(.requests, by: 1)
    defer {
      inFlight.withLock { $0 -= 1 }
      figures.change(.requests, by: -1)
    }
    return try await next(request, context)
  }
}

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
