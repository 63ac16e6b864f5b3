import HTTPTransfer
import Hummingbird
import Synchronization

/// Answers 503 to requests beyond the number that may be worked on at a time; health and figures
/// are exempt. A request with a body has its place when that has arrived: who sends slowly keeps
/// nobody else waiting.
struct AdmissionMiddleware<Context: RequestContext>: RouterMiddleware {
  private let admission: Admission

  init(limits: GatewayLimits, figures: GatewayFigures) {
    admission = Admission(limits, figures)
  }

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let path = request.uri.path
    if path.hasPrefix("/health") || path == "/metrics" {
      return try await next(request, context)
    }
    let place = RequestPlace(admission)
    defer { place.leave() }
    if !Self.hasBody(request) { try place.take() }
    return try await RequestPlace.$current.withValue(place) { try await next(request, context) }
  }

  private static func hasBody(_ request: Request) -> Bool {
    request.headers[.transferEncoding] != nil || request.headers[.contentLength] ?? "0" != "0"
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
